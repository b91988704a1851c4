// SPDX-License-Identifier: GPL-2.0
/*
 * lkl_netdev_add() and its kin: which network devices there are, and of what types the
 * library can make some.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lkl.h>

#include "host.h"
#include "iomem.h"
#include "kernel.h"
#include "linux_errno.h"
#include "lock.h"
#include "net_backend.h"
#include "sysfs.h"
#include "virtio_net.h"

/* Claimed with atomics: any thread may call. */
static struct lkl_virtio_net *devices[LKL_IOMEM_SLOTS];

static void own_free(struct lkl_netdev *nd)
{
	struct lkl_net_own *own = (struct lkl_net_own *)nd;
	struct lkl_net_backend *b = own->backend;

	b->ops->free(b, b->forked || own->process != lkl_host_process());
	free(own);
}

struct lkl_dev_net_ops lkl_net_own_ops = {
	.free = own_free,
};

struct lkl_netdev *lkl_net_own(struct lkl_net_backend *b)
{
	struct lkl_net_own *own = calloc(1, sizeof(*own));

	if (!own) {
		b->ops->free(b, 0);
		return NULL;
	}
	own->backend = b;
	own->process = lkl_host_process();
	own->nd.ops = &lkl_net_own_ops;
	own->nd.id = -1;
	own->nd.has_vnet_hdr = !!b->hdr_len;
	return &own->nd;
}

/* Backends made for the device of an application go with it. */
static void put_backend(struct lkl_netdev *nd, struct lkl_net_backend *b)
{
	if (nd->ops == &lkl_net_own_ops)
		return;
	b->ops->free(b, 0);
}

/* Whether an interface can have that address. */
static int is_station(const uint8_t *mac)
{
	return !(mac[0] & 1) && (mac[0] | mac[1] | mac[2] | mac[3] | mac[4] | mac[5]);
}

int lkl_netdev_add(struct lkl_netdev *nd, struct lkl_netdev_args *args)
{
	uint32_t offload = args ? args->offload : LKL_NET_OFFLOAD_ALL;
	const uint8_t *mac = args ? args->mac : NULL;
	struct lkl_net_backend *b;
	struct lkl_virtio_net *net;
	int err, id;

	if (!nd || !nd->ops)
		return -LKL_ERR_INVAL;
	if (mac && !is_station(mac))
		return -LKL_ERR_INVAL;
	if (nd->ops == &lkl_net_own_ops) {
		struct lkl_net_own *own = (struct lkl_net_own *)nd;

		b = own->backend;
		if (b->forked)
			return -LKL_ERR_NODEV;
		/* Opened before a fork() it is whose who uses it. */
		own->process = lkl_host_process();
	} else {
		b = lkl_net_open_app(nd, &err);
		if (!b)
			return err;
	}
	if (b->owner) {
		put_backend(nd, b);
		return -LKL_ERR_BUSY;
	}
	if (b->offload_fixed)
		offload = b->offload;
	if (!mac && b->has_mac)
		mac = b->mac;
	/* Peers that know a device keep reaching it when it is plugged in again. */
	if (!mac && is_station(nd->mac))
		mac = nd->mac;
	net = lkl_virtio_net_add(b, nd, mac, offload, &id, &err);
	if (!net) {
		put_backend(nd, b);
		return err;
	}
	nd->id = id;
	__atomic_store_n(&devices[id], net, __ATOMIC_RELEASE);
	return id;
}

static struct lkl_virtio_net *find(int id)
{
	if (id < 0 || id >= LKL_IOMEM_SLOTS)
		return NULL;
	return __atomic_load_n(&devices[id], __ATOMIC_ACQUIRE);
}

int lkl_netdev_remove(int id)
{
	struct lkl_virtio_net *net = find(id);
	struct lkl_netdev *nd;
	struct lkl_net_backend *b;
	int ret;

	/* Whoever takes it out of the table removes it. */
	if (!net || !__atomic_compare_exchange_n(&devices[id], &net, NULL, 0,
						 __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		return -LKL_ERR_NOENT;
	b = lkl_virtio_net_backend(net);
	nd = lkl_virtio_net_netdev(net);
	ret = lkl_virtio_net_remove(net);
	if (ret) {
		__atomic_store_n(&devices[id], net, __ATOMIC_RELEASE);
		return ret;
	}
	nd->id = -1;
	put_backend(nd, b);
	return 0;
}

void lkl_netdev_free(struct lkl_netdev *nd)
{
	if (nd && nd->ops && nd->ops->free)
		nd->ops->free(nd);
}

int lkl_netdev_set_link(int id, int up)
{
	struct lkl_virtio_net *net = find(id);

	if (!net)
		return -LKL_ERR_NOENT;
	lkl_virtio_net_set_cable(net, up);
	return 0;
}

int lkl_netdev_get_ifindex(int id)
{
	struct lkl_virtio_net *net = find(id);
	char path[LKL_SYSFS_PATH], buf[16];
	int err;
	long fd, n;

	if (!net)
		return -LKL_ERR_NOENT;
	err = lkl_sysfs_virtio(lkl_virtio_net_platform_id(net), "net", path);
	if (err)
		return err;
	strncat(path, "/ifindex", sizeof(path) - strlen(path) - 1);
	fd = lkl_sys_open(path, LKL_O_RDONLY, 0);
	if (fd < 0)
		return fd;
	n = lkl_sys_read(fd, buf, sizeof(buf) - 1);
	lkl_sys_close(fd);
	if (n < 0)
		return n;
	buf[n] = 0;
	return atoi(buf);
}

/* ---- types ------------------------------------------------------------------------ */

int lkl_net_fail(struct lkl_net_why *why, int err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	if (why->size)
		vsnprintf(why->text, why->size, fmt, args);
	va_end(args);
	return err;
}

int lkl_netdev_open(const char *name, const char *param, unsigned int offload,
		    char *text, size_t size, struct lkl_netdev **nd)
{
	struct lkl_net_why why = { text, size };
	const struct lkl_net_type *type;
	struct lkl_net_backend *b;
	int err;

	for (type = lkl_net_types; type->name; type++)
		if (!strcmp(type->name, name))
			break;
	if (!type->name)
		return lkl_net_fail(&why, -LKL_ERR_INVAL,
				    "there is no network device of type \"%s\"", name);
	if (!type->open)
		return lkl_net_fail(&why, -LKL_ERR_NOSYS, "the library was built without "
				    "%s devices", name);
	err = type->open(param ?: "", offload, &why, &b);
	if (err)
		return err;
	*nd = lkl_net_own(b);
	return *nd ? 0 : lkl_net_fail(&why, -LKL_ERR_NOMEM, "no memory");
}

static struct lkl_netdev *create(const char *type, const char *param, unsigned int offload)
{
	struct lkl_netdev *nd;
	char why[256];

	if (!lkl_netdev_open(type, param, offload, why, sizeof(why), &nd))
		return nd;
	lkl_printf("lkl: %s: %s\n", type, why);
	return NULL;
}

struct lkl_netdev *lkl_netdev_tap_create(const char *ifname, int offload)
{
	return create("tap", ifname, offload);
}

struct lkl_netdev *lkl_netdev_macvtap_create(const char *path, int offload)
{
	return create("macvtap", path, offload);
}

struct lkl_netdev *lkl_netdev_raw_create(const char *ifname)
{
	return create("raw", ifname, LKL_NET_OFFLOAD_ALL);
}

struct lkl_netdev *lkl_netdev_pipe_create(const char *fifos, int offload)
{
	return create("pipe", fifos, offload);
}

struct lkl_netdev *lkl_netdev_vde_create(const char *url)
{
	return create("vde", url, 0);
}

struct lkl_netdev *lkl_netdev_slirp_create(const char *options)
{
	return create("slirp", options, 0);
}

struct lkl_netdev *lkl_netdev_stream_create(const char *address)
{
	return create("stream", address, 0);
}

struct lkl_netdev *lkl_netdev_dgram_create(const char *addresses)
{
	return create("dgram", addresses, 0);
}

struct lkl_netdev *lkl_netdev_shm_create(const char *path, int offload)
{
	return create("shm", path, offload);
}
