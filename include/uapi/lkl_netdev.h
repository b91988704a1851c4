/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Network devices: what the kernel's virtio network interfaces are connected to.
 * Included by lkl_host.h; its conventions hold.
 */
#ifndef LKL_NETDEV_H
#define LKL_NETDEV_H

#include <lkl_host.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Offloads: work on frames that one side leaves to the other. The numbers are those
 * of virtio's feature bits, but for USO, whose bits are beyond 31.
 *
 * Towards us (GUEST): frames come without a checksum, or longer than the MTU.
 * From us (HOST): we send them so.
 */
#define LKL_NET_CSUM		(1u << 0)	/* from us without checksum */
#define LKL_NET_GUEST_CSUM	(1u << 1)	/* to us without checksum */
#define LKL_NET_GUEST_TSO4	(1u << 7)	/* to us, TCP over IPv4 */
#define LKL_NET_GUEST_TSO6	(1u << 8)
#define LKL_NET_GUEST_ECN	(1u << 9)	/* the above with ECN */
#define LKL_NET_HOST_TSO4	(1u << 11)	/* from us, TCP over IPv4 */
#define LKL_NET_HOST_TSO6	(1u << 12)
#define LKL_NET_HOST_ECN	(1u << 13)
#define LKL_NET_MRG_RXBUF	(1u << 15)	/* accepted; always on */
#define LKL_NET_HOST_USO	(1u << 30)	/* from us, UDP */
#define LKL_NET_GUEST_USO	(1u << 31)	/* to us, UDP */

/* Whatever the device can do. */
#define LKL_NET_OFFLOAD_ALL						\
	(LKL_NET_CSUM | LKL_NET_GUEST_CSUM |				\
	 LKL_NET_GUEST_TSO4 | LKL_NET_GUEST_TSO6 | LKL_NET_GUEST_ECN |	\
	 LKL_NET_HOST_TSO4 | LKL_NET_HOST_TSO6 | LKL_NET_HOST_ECN |	\
	 LKL_NET_MRG_RXBUF | LKL_NET_HOST_USO | LKL_NET_GUEST_USO)

/* What struct lkl_dev_net_ops::poll() returns, or-ed. */
#define LKL_DEV_NET_POLL_RX	1	/* a frame can be received */
#define LKL_DEV_NET_POLL_TX	2	/* a frame can be sent */
#define LKL_DEV_NET_POLL_HUP	4	/* poll_hup() was called, or there is no other end */

struct lkl_dev_net_ops;

/**
 * struct lkl_netdev - a network device, for lkl_netdev_add()
 * @ops: how frames are sent and received
 * @id: number of the device; lkl_netdev_add() fills it
 * @has_vnet_hdr: frames start with a virtio network header of 12 bytes (struct
 *	lkl_virtio_net_hdr_v1), without which there are no offloads
 * @mac: its address; lkl_netdev_add() fills it
 *
 * Made by one of the lkl_netdev_..._create() functions, or by the application with
 * operations of its own; then usually the first member of something larger.
 */
struct lkl_netdev {
	struct lkl_dev_net_ops *ops;
	int id;
	uint8_t has_vnet_hdr : 1;
	uint8_t mac[6];
};

/**
 * struct lkl_dev_net_ops - a network device that the application implements
 * @tx: sends the frame that lies in @cnt buffers. Returns its length, or negative if
 *	it cannot be taken now: it is offered again when poll() says so. Called while
 *	the kernel waits: must not block, and system calls return -EDEADLK
 * @rx: receives one frame into @cnt buffers. Returns its length, or negative if there
 *	is none. Called from a thread of the device's own, and may make system calls, which
 *	may fill the buffers. Must not block: lkl_netdev_remove() waits for it, and so do
 *	frames that tx() refused
 * @poll: waits until rx() has a frame, a tx() that refused could succeed, or poll_hup()
 *	is called. Returns LKL_DEV_NET_POLL_... Called from the device's thread
 * @poll_hup: makes poll() return LKL_DEV_NET_POLL_HUP, now and later. Any thread
 * @free: frees the device; called by lkl_netdev_free()
 *
 * rx() and tx() are each called by one thread at a time, but maybe both at once.
 */
struct lkl_dev_net_ops {
	int (*tx)(struct lkl_netdev *nd, struct iovec *iov, int cnt);
	int (*rx)(struct lkl_netdev *nd, struct iovec *iov, int cnt);
	int (*poll)(struct lkl_netdev *nd);
	void (*poll_hup)(struct lkl_netdev *nd);
	void (*free)(struct lkl_netdev *nd);
};

/**
 * struct lkl_netdev_args - how a device is added
 * @mac: address of six bytes, or NULL for the one that the device had when it was
 *	added before, else one made at random
 * @offload: LKL_NET_...; those that the device cannot do are left out
 */
struct lkl_netdev_args {
	void *mac;
	unsigned int offload;
};

/**
 * lkl_netdev_add() - attach a network device to the kernel
 * @nd: the device; it stays the caller's, and must stay until lkl_netdev_remove()
 * @args: NULL for an address at random and all the offloads @nd was made with
 *
 * Before the kernel starts or while it runs; then it blocks until the kernel has
 * found the device. The interface is down until somebody brings it up.
 *
 * Return: number of the device, 0 or above, or err. -EINVAL if the address is not
 * one for a single station, or operations are missing, -ENODEV in a child of fork() if the
 * parent had added it.
 */
int lkl_netdev_add(struct lkl_netdev *nd, struct lkl_netdev_args *args);

/**
 * lkl_netdev_remove() - detach a network device
 * @id: its number
 *
 * Whatever traffic there is. Blocks until the kernel and the device's thread have let
 * go of it. Its interface vanishes with its addresses and routes.
 *
 * Return: 0 or err; -ENOENT if there is no such device.
 */
int lkl_netdev_remove(int id);

/**
 * lkl_netdev_free() - free a device and what it was connected to
 * @nd: the device, which is not added, or was removed; may be NULL
 *
 * In a child of fork() one that only the parent has opened or added is the parent's: the
 * child's memory of it is freed.
 */
void lkl_netdev_free(struct lkl_netdev *nd);

/**
 * lkl_netdev_get_ifindex() - find the interface of a device
 * @id: number of the device
 *
 * Return: index of the interface, above 0, or err: -ENOENT if there is no such device,
 * or its interface was moved to another network namespace than the caller's.
 */
int lkl_netdev_get_ifindex(int id);

/**
 * lkl_netdev_set_link() - plug or unplug the cable
 * @id: number of the device
 * @up: 0: the interface loses its carrier, no frame comes or goes; else it is back
 *
 * Return: 0 or err; -ENOENT if there is no such device.
 */
int lkl_netdev_set_link(int id, int up);

/**
 * lkl_netdev_open() - make a device of any type
 * @type: "tap", "macvtap", "raw", "pipe", "vde", "slirp", "stream", "dgram" or "shm"
 * @param: what it is connected to, as for lkl_netdev_TYPE_create()
 * @offload: LKL_NET_...
 * @why: where an error is described, in one line
 * @size: of @why
 * @nd: where the device is stored; lkl_netdev_free() frees it
 *
 * Return: 0 or err; -ENOSYS if the library was built without this type, -EINVAL if
 * there is no such type or @param makes no sense.
 */
int lkl_netdev_open(const char *type, const char *param, unsigned int offload,
		    char *why, size_t size, struct lkl_netdev **nd);

/*
 * The functions that follow make one device each, which lkl_netdev_free() frees. They
 * return NULL if they cannot, and print why; lkl_netdev_open() has the same devices
 * and gives the reason to the caller.
 */

/**
 * lkl_netdev_tap_create() - a device connected to a TAP interface of the host
 * @ifname: name of the interface; it is made if it is not there and the caller may.
 *	"NAME,queues=N" uses N queues (7 at most)
 * @offload: LKL_NET_...
 *
 * Return: the device or NULL.
 */
struct lkl_netdev *lkl_netdev_tap_create(const char *ifname, int offload);

/**
 * lkl_netdev_macvtap_create() - a device connected to a macvtap interface of the host
 * @path: its device, "/dev/tapN"; its MAC address is the one that the host's has
 * @offload: LKL_NET_...
 *
 * Return: the device or NULL.
 */
struct lkl_netdev *lkl_netdev_macvtap_create(const char *path, int offload);

/**
 * lkl_netdev_raw_create() - a device that shares an interface of the host
 * @ifname: name of the interface, whose frames are seen and sent by a packet socket
 *
 * Needs CAP_NET_RAW. The host's stack sees the frames as well.
 *
 * Return: the device or NULL.
 */
struct lkl_netdev *lkl_netdev_raw_create(const char *ifname);

/**
 * lkl_netdev_pipe_create() - a device over two FIFOs
 * @fifos: "RX|TX", the paths of the FIFO to receive from and of that to send to
 * @offload: LKL_NET_...; the other end must be created with the same
 *
 * The other end has them the other way round. They are made if they are not there.
 * Each frame has its length before it, as for lkl_netdev_stream_create().
 *
 * Return: the device or NULL.
 */
struct lkl_netdev *lkl_netdev_pipe_create(const char *fifos, int offload);

/**
 * lkl_netdev_vde_create() - a device connected to a VDE switch
 * @url: folder of the switch's socket, or another address that libvdeplug knows
 *
 * Return: the device or NULL.
 */
struct lkl_netdev *lkl_netdev_vde_create(const char *url);

/**
 * lkl_netdev_slirp_create() - a device with a network of its own behind it
 * @options: separated by commas; NULL or "" for none:
 *	"hostfwd=tcp:ADDR:PORT:GUEST_ADDR:GUEST_PORT" (or udp; both addresses may be
 *	empty) forwards a port of the host to the interface inside, any number of
 *	times; "net=A.B.C.D/LEN" (10.0.2.0/24), "net6=PREFIX/LEN" (fec0::/64),
 *	"host=ADDR", "dns=ADDR", "mtu=N" (65520), "restrict" lets nothing out
 *
 * What is sent to the network leaves as traffic of this process's own sockets, so no
 * privileges are needed. Inside, host number 2 is the gateway, and the host itself,
 * 3 the name server; DHCP (from number 15 on) and router advertisements are answered.
 *
 * Return: the device or NULL.
 */
struct lkl_netdev *lkl_netdev_slirp_create(const char *options);

/**
 * lkl_netdev_stream_create() - a device over a stream socket
 * @address: path of a Unix socket to connect to, or "tcp:HOST:PORT", where HOST is an
 *	address in numbers, that of IPv6 in brackets; "listen:PATH" or "listen:tcp:HOST:PORT"
 *	to wait for the other end; "fd:N" for a socket that is connected already
 *
 * Connecting blocks as long as the host's connect() does. Each frame has its length
 * before it, in four bytes, most significant first, as passt and QEMU's "-netdev stream"
 * have it. The link is up while somebody is connected; one who listens takes the next one when the first has gone. Nothing is
 * encrypted, and whoever reaches the port is the other end: 127.0.0.1, or a network that
 * is trusted. Windows has Unix sockets from version 10 1803 on.
 *
 * Return: the device or NULL.
 */
struct lkl_netdev *lkl_netdev_stream_create(const char *address);

/**
 * lkl_netdev_dgram_create() - a device over a datagram socket
 * @addresses: "LOCAL|REMOTE", paths of Unix sockets, which Windows does not have; or
 *	"udp:HOST:PORT|HOST:PORT", the first of them ours, where HOST is an address in numbers,
 *	that of IPv6 in brackets; or "fd:N"
 *
 * One frame is one datagram, as for QEMU's "-netdev dgram". By UDP frames come from the
 * other address only, and may get lost.
 *
 * Return: the device or NULL.
 */
struct lkl_netdev *lkl_netdev_dgram_create(const char *addresses);

/**
 * lkl_netdev_shm_create() - a device over memory that two processes share
 * @path: a file, best in memory (/dev/shm); made by the end that comes first
 * @offload: LKL_NET_...; that of the first end holds for both
 *
 * Return: the device or NULL.
 */
struct lkl_netdev *lkl_netdev_shm_create(const char *path, int offload);

/**
 * lkl_netdev_pair_create() - two devices joined by a cable
 * @ends: where they are stored
 * @offload: LKL_NET_..., for both
 *
 * Frames are copied from one to the other, without a thread. Freeing or removing one
 * takes the link of the other down.
 *
 * Return: 0 or err.
 */
int lkl_netdev_pair_create(struct lkl_netdev *ends[2], int offload);

#ifdef __cplusplus
}
#endif

#endif
