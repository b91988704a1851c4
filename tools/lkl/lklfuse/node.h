/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The files that the host's kernel knows: one node for each inode, from its first
 * lookup until the host forgets it. There may be millions, so a node is small, and
 * only those in use lately hold a descriptor (and with it memory) of the kernel inside;
 * the others are found again by their file handle. File systems without reliable
 * handles keep a descriptor for every node.
 *
 * Results are 0, a descriptor, or err. Any thread may call.
 */
#ifndef LKLFUSE_NODE_H
#define LKLFUSE_NODE_H

#include <stdbool.h>
#include <stdint.h>

#include <lkl.h>

struct node;

#define NODE_STATX_MASK	LKL_STATX_BASIC_STATS

/*
 * Opens the table for what is mounted at @path inside; the root is the first node.
 * @type is the file system's.
 */
int nodes_open(const char *path, const char *type, bool read_only);
/* Closes all that is open. No thread may be working on a node. */
void nodes_close(void);

struct node *node_root(void);
/* The number that FUSE has for it, and back. */
uint64_t node_id(const struct node *node);
struct node *node_of(uint64_t id);

/*
 * The node of @name in the folder behind the descriptor @dir, with one more lookup
 * counted, and its attributes.
 */
int node_lookup(int dir, const char *name, struct node **node, struct lkl_statx *attr);
/* The same for what the descriptor @fd shows, which stays the caller's. */
int node_lookup_fd(int fd, struct node **node, struct lkl_statx *attr);
/*
 * The open descriptor @fd becomes that for data, and keeps the file, which has no name,
 * until the host forgets it.
 */
void node_adopt(struct node *node, int fd);
/* The host forgets @count of its lookups. */
void node_forget(struct node *node, uint64_t count);

/*
 * A descriptor for everything but data: of a folder it is an open one, else O_PATH.
 * It stays usable until node_put().
 */
int node_path(struct node *node);
/*
 * A descriptor for the data of a regular file, which writes too unless the file system
 * or the file forbids it; folders as node_path(). Until node_put().
 */
int node_data(struct node *node);
/* One of a regular file that reads and writes past the kernel's cache; not everywhere. */
int node_direct(struct node *node);
void node_put(struct node *node);

/* The descriptor @fd, open for reading and writing, may become that of node_data(). */
void node_keep_data(struct node *node, int fd);

/* What may be done to the file has changed: node_data() opens it anew next time. */
void node_reopen(struct node *node);

/*
 * Before @name in @dir is removed or replaced: keeps the inode, so that the host may go
 * on using it without a name. NULL if it needs nothing. After the removal, successful or
 * not, node_unpin() takes what this returned.
 */
struct node *node_pin(int dir, const char *name);
void node_unpin(struct node *node);

/*
 * Reading of a folder, @fd being its node_path(): one thread at a time moves in it,
 * to @position; node_moved() tells where its reading has led it.
 */
void node_lock_dir(struct node *node);
long node_seek(struct node *node, int fd, uint64_t position);
void node_moved(struct node *node, uint64_t position);
void node_unlock_dir(struct node *node);

/* "/proc/self/fd/N" for calls that take names only. */
#define FD_NAME_SIZE	32
void fd_name(char name[FD_NAME_SIZE], int fd);

#endif
