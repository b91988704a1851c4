// SPDX-License-Identifier: GPL-2.0
/*
 * netmap(4), as far as ports of a VALE switch go: "vale0:1" and so on. What one sends all others of
 * its switch get. Rings change when the user asks for it, by NIOCTXSYNC or poll(), and at no
 * other time; a frame is under way between two rings, and waits there for room.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "include/net/netmap_user.h"
#include "stand_in.h"

#define PORTS		4
#define SLOTS		8
#define BUF_SIZE	2048
#define UNDER_WAY	4

int stand_in_poll(struct pollfd *fds, nfds_t n, int timeout);

struct port {
	/* The user's. */
	struct nm_desc desc;
	struct netmap_if nif;
	struct netmap_ring tx, rx;
	char buffers[2][SLOTS][BUF_SIZE];
	/* The system's: the slot that is sent next; frames for the port. */
	uint32_t sent;
	int count;
	uint16_t len[UNDER_WAY];
	char frame[UNDER_WAY][BUF_SIZE];
	char name[32];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* Under @lock; what is in a port that is the system's, too. */
static struct port *ports[PORTS];

static void make_ring(struct netmap_ring *ring, char *buffers)
{
	ring->num_slots = SLOTS;
	ring->nr_buf_size = BUF_SIZE;
	ring->stand_in_buffers = buffers;
	for (int i = 0; i < SLOTS; i++)
		ring->slot[i].buf_idx = i;
}

struct nm_desc *nm_open(const char *name, const void *req, uint64_t flags, const void *parent)
{
	const char *colon = strchr(name, ':');
	struct port *p;
	int i = 0;

	if (req || flags || parent)
		misuse("only a name is imitated");
	if (strncmp(name, "vale", 4) || !colon || strlen(name) >= sizeof(p->name)) {
		errno = ENXIO;
		return NULL;
	}
	pthread_mutex_lock(&lock);
	for (int k = 0; k < PORTS; k++)
		if (ports[k] && !strcmp(ports[k]->name, name))
			i = PORTS;
	while (i < PORTS && ports[i])
		i++;
	p = i < PORTS ? calloc(1, sizeof(*p)) : NULL;
	if (!p) {
		pthread_mutex_unlock(&lock);
		errno = EBUSY;
		return NULL;
	}
	strcpy(p->name, name);
	make_ring(&p->tx, p->buffers[0][0]);
	make_ring(&p->rx, p->buffers[1][0]);
	/* One slot less than there are: a full ring is not an empty one. */
	p->tx.tail = SLOTS - 1;
	p->nif = (struct netmap_if){ &p->tx, &p->rx };
	p->desc = (struct nm_desc){ .fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), .nifp = &p->nif };
	ports[i] = p;
	pthread_mutex_unlock(&lock);
	stand_in_count(COUNT_NETMAP);
	return &p->desc;
}

/* With the lock. */
static struct port *port_of(int fd)
{
	for (int i = 0; i < PORTS; i++)
		if (ports[i] && ports[i]->desc.fd == fd)
			return ports[i];
	return NULL;
}

int nm_close(struct nm_desc *d)
{
	struct port *p = (struct port *)d;

	pthread_mutex_lock(&lock);
	for (int i = 0; i < PORTS; i++)
		if (ports[i] == p)
			ports[i] = NULL;
	pthread_mutex_unlock(&lock);
	close(d->fd);
	free(p);
	return 0;
}

/* Up to the colon. */
static int is_same_switch(const struct port *a, const struct port *b)
{
	return a != b && !strncmp(a->name, b->name, strchr(a->name, ':') - a->name + 1);
}

static int others_have_room(const struct port *p)
{
	for (int i = 0; i < PORTS; i++)
		if (ports[i] && is_same_switch(p, ports[i]) && ports[i]->count == UNDER_WAY)
			return 0;
	return 1;
}

static void pass_on(const struct port *p, const struct netmap_slot *slot)
{
	static const uint64_t one = 1;

	if (slot->len < 14 || slot->len > BUF_SIZE || slot->flags)
		misuse("a slot with %u bytes and flags %x", slot->len, slot->flags);
	for (int i = 0; i < PORTS; i++) {
		struct port *to = ports[i];

		if (!to || !is_same_switch(p, to))
			continue;
		to->len[to->count] = slot->len;
		memcpy(to->frame[to->count++], NETMAP_BUF(&p->tx, slot->buf_idx), slot->len);
		if (write(to->desc.fd, &one, sizeof(one)) < 0)
			misuse("an event is lost");
	}
}

static void sync_tx(struct port *p)
{
	uint32_t head = p->tx.head;

	if (head >= SLOTS || p->tx.cur != head)
		misuse("head is %u, cur %u", head, p->tx.cur);
	while (p->sent != head && others_have_room(p)) {
		pass_on(p, &p->tx.slot[p->sent]);
		p->sent = nm_ring_next(&p->tx, p->sent);
	}
	p->tx.tail = (p->sent + SLOTS - 1) % SLOTS;
}

static void sync_rx(struct port *p)
{
	uint32_t next;
	uint64_t count;

	while (p->count && (next = nm_ring_next(&p->rx, p->rx.tail)) != p->rx.head) {
		p->rx.slot[p->rx.tail].len = p->len[0];
		memcpy(NETMAP_BUF(&p->rx, p->rx.slot[p->rx.tail].buf_idx), p->frame[0], p->len[0]);
		p->rx.tail = next;
		p->count--;
		memmove(p->len, p->len + 1, p->count * sizeof(p->len[0]));
		memmove(p->frame, p->frame + 1, p->count * sizeof(p->frame[0]));
	}
	if (!p->count && read(p->desc.fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		misuse("an event is lost");
}

int stand_in_ioctl(int fd, unsigned long what, void *arg)
{
	struct port *p;

	pthread_mutex_lock(&lock);
	p = port_of(fd);
	if (!p || what != NIOCTXSYNC || arg)
		misuse("not imitated");
	sync_tx(p);
	pthread_mutex_unlock(&lock);
	return 0;
}

/* The user's own copy of the ring: nothing is asked of the system. */
unsigned char *nm_nextpkt(struct nm_desc *d, struct nm_pkthdr *head)
{
	struct port *p = (struct port *)d;
	struct netmap_slot *slot = &p->rx.slot[p->rx.head];

	if (nm_ring_empty(&p->rx))
		return NULL;
	head->len = slot->len;
	head->caplen = slot->len;
	p->rx.head = nm_ring_next(&p->rx, p->rx.head);
	p->rx.cur = p->rx.head;
	return (unsigned char *)NETMAP_BUF(&p->rx, slot->buf_idx);
}

/* What of @f is so; -1 if it is no port. With the lock. */
static int revents_of(const struct pollfd *f)
{
	struct port *p = port_of(f->fd);

	if (!p)
		return -1;
	sync_tx(p);
	if (f->events & POLLIN)
		sync_rx(p);
	return (f->events & POLLIN && !nm_ring_empty(&p->rx) ? POLLIN : 0) |
	       (f->events & POLLOUT && !nm_ring_empty(&p->tx) ? POLLOUT : 0);
}

/* Looks each millisecond where a port is among them: there is nobody who could tell of room. */
int stand_in_poll(struct pollfd *fds, nfds_t n, int timeout)
{
	for (int waited = 0;; waited++) {
		int ports_there = 0, ready = 0, others;
		struct pollfd copy[16];

		if (n > 16)
			misuse("more than is imitated");
		memcpy(copy, fds, n * sizeof(*fds));
		pthread_mutex_lock(&lock);
		for (nfds_t i = 0; i < n; i++) {
			int revents = copy[i].fd < 0 ? -1 : revents_of(&copy[i]);

			if (revents < 0)
				continue;
			ports_there = 1;
			copy[i].fd = -1;
			fds[i].revents = revents;
			ready += !!revents;
		}
		pthread_mutex_unlock(&lock);
		if (!ports_there)
			return poll(fds, n, timeout);
		others = poll(copy, n, ready || timeout == waited ? 0 : 1);
		if (others < 0)
			return -1;
		for (nfds_t i = 0; i < n; i++)
			if (copy[i].fd >= 0 || fds[i].fd < 0)
				fds[i].revents = copy[i].fd >= 0 ? copy[i].revents : 0;
		if (ready || others || timeout == waited)
			return ready + others;
	}
}
