// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image.h"
#include "image_file.h"
#include "message.h"

int image_lock(int fd, const char *name, int exclusive)
{
	struct flock whole = { .l_type = exclusive ? F_WRLCK : F_RDLCK };
	int ret;

	/* These locks belong to the open file, and virtual machine monitors use them too. */
	ret = fcntl(fd, F_OFD_SETLK, &whole);
	if (ret && errno != EAGAIN && errno != EACCES)
		ret = flock(fd, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB);
	if (!ret)
		return 0;
	if (errno == EAGAIN || errno == EACCES) {
		error("%s is in use by another program%s", name,
		      exclusive ? "; wait until it is done, or unmount it there" :
				  " that changes it");
		return -1;
	}
	warning("%s cannot be locked (%s): make sure that nobody else changes it", name,
		strerror(errno));
	return 0;
}

static void explain_open(const char *name, int read_only, int block_dev)
{
	switch (errno) {
	case EACCES:
	case EPERM:
	case EROFS:
		if (!read_only && !access(name, R_OK)) {
			error("%s may not be written (%s); open it read-only", name,
			      strerror(errno));
			return;
		}
		break;
	case EBUSY:
		if (block_dev) {
			error("%s is in use by the host, which may have mounted it; unmount it there first",
			      name);
			return;
		}
		break;
	}
	error("%s: %s", name, strerror(errno));
}

int image_open_file(struct image *image)
{
	int flags = (image->read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC;
	const char *name = image->name;
	struct stat st;
	int is_block;

	if (stat(name, &st)) {
		error("%s: %s", name, strerror(errno));
		return -1;
	}
	is_block = S_ISBLK(st.st_mode);
	if (!is_block && !S_ISREG(st.st_mode)) {
		error("%s is neither a file nor a block device", name);
		return -1;
	}
	/* The host refuses an exclusive open of a device that it has mounted. */
	image->fd = open(name, flags | (is_block && !image->read_only ? O_EXCL : 0));
	if (image->fd < 0) {
		explain_open(name, image->read_only, is_block);
		return -1;
	}
	if (is_block || st.st_size)
		return 0;
	error("%s is empty", name);
	return -1;
}

/* The server locks the file its own way, with which ours must not interfere. */
int image_lock_for_server(const struct image *image)
{
	if (!flock(image->fd, (image->read_only ? LOCK_SH : LOCK_EX) | LOCK_NB))
		return 0;
	error("%s is in use by another program: %s", image->name, strerror(errno));
	return -1;
}

void image_fill_disk(struct image *image)
{
	image->disk.fd = image->fd;
}
