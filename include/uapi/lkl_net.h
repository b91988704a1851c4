/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The network of the running kernel: interfaces, addresses, routes, queueing
 * disciplines, namespaces, MPTCP, DHCP, packet filters. IPv4 and IPv6 alike.
 *
 * Unless said otherwise a function needs a running kernel (-ENODEV without), works in
 * the network namespace of the calling thread, blocks as a system call does, may be
 * called by any thread and returns 0 or `err`, a negative Linux errno. Addresses are
 * in network byte order: four bytes for LKL_AF_INET, sixteen for LKL_AF_INET6. An
 * interface is known by its ifindex, a number above 0; one that does not exist gives
 * -ENODEV, an address family other than these two -EAFNOSUPPORT.
 */
#ifndef LKL_NET_H
#define LKL_NET_H

#include <stdint.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- interfaces ---------------------------------------------------------- */

/**
 * lkl_ifname_to_ifindex() - find an interface by its name
 * @name: such as "lo" or "eth0"
 *
 * Return: ifindex or err.
 */
int lkl_ifname_to_ifindex(const char *name);

/**
 * lkl_if_up() - enable an interface
 * @ifindex: the interface
 *
 * Return: 0 or err.
 */
int lkl_if_up(int ifindex);

/**
 * lkl_if_down() - disable an interface
 * @ifindex: the interface; its IPv6 addresses and its routes go
 *
 * Return: 0 or err.
 */
int lkl_if_down(int ifindex);

/**
 * lkl_if_set_mtu() - set the largest packet of an interface
 * @ifindex: the interface
 * @mtu: in bytes, without the Ethernet header
 *
 * Return: 0 or err: -EINVAL if the device cannot.
 */
int lkl_if_set_mtu(int ifindex, int mtu);

/**
 * lkl_if_set_mac() - set the hardware address of an Ethernet interface
 * @ifindex: the interface
 * @mac: six bytes; read only
 *
 * Return: 0 or err: -EADDRNOTAVAIL if it is a multicast address or zero.
 */
int lkl_if_set_mac(int ifindex, const void *mac);

/**
 * lkl_link_add() - make a network device inside the kernel
 * @kind: what `ip link add type` knows without further parameters: "dummy", "bridge",
 *	"ifb", ...
 * @name: of the interface, at most 15 characters
 *
 * Return: ifindex or err: -EEXIST if the name is taken, -EOPNOTSUPP for an unknown kind.
 */
int lkl_link_add(const char *kind, const char *name);

/**
 * lkl_veth_add() - make a pair of joined Ethernet devices
 * @name: of one
 * @peer: of the other
 *
 * Return: ifindex of the one that is called @name, or err: -EEXIST if a name is taken.
 */
int lkl_veth_add(const char *name, const char *peer);

/**
 * lkl_vlan_add() - make an interface for one VLAN of another interface
 * @ifindex: the interface that carries the tagged frames
 * @name: of the new one
 * @id: IEEE 802.1Q number, 1 to 4094
 *
 * Return: ifindex or err: -EEXIST if there is one already, -ERANGE for a bad number.
 */
int lkl_vlan_add(int ifindex, const char *name, unsigned int id);

/**
 * lkl_link_del() - remove a device that was made inside the kernel
 * @ifindex: what lkl_link_add(), lkl_veth_add() (both ends go) or lkl_vlan_add() gave
 *
 * Return: 0 or err: -EOPNOTSUPP for a device of another kind.
 */
int lkl_link_del(int ifindex);

/* ---- addresses ----------------------------------------------------------- */

/**
 * lkl_if_set_ipv4() - give an interface an IPv4 address
 * @ifindex: the interface
 * @addr: the address, in network byte order
 * @netmask_len: bits of the network, 0 to 32
 *
 * Other addresses of the interface stay; one that it has already is no error.
 *
 * Return: 0 or err: -EINVAL for a bad length.
 */
int lkl_if_set_ipv4(int ifindex, unsigned int addr, unsigned int netmask_len);

/**
 * lkl_if_set_ipv6() - give an interface an IPv6 address
 * @ifindex: the interface
 * @addr: sixteen bytes; read only
 * @netprefix_len: bits of the network, 0 to 128
 *
 * As lkl_if_set_ipv4(). If the interface is up and has a carrier it waits until the address
 * can be used, as lkl_if_wait_ipv6_dad() does.
 *
 * Return: 0 or err: also those of lkl_if_wait_ipv6_dad().
 */
int lkl_if_set_ipv6(int ifindex, const void *addr, unsigned int netprefix_len);

/**
 * lkl_if_add_ip() - add an address to an interface
 * @ifindex: the interface
 * @af: LKL_AF_INET or LKL_AF_INET6
 * @addr: four or sixteen bytes; read only
 * @netprefix_len: bits of the network
 *
 * Return: 0 or err: -EEXIST if it has it, -EINVAL for a bad length.
 */
int lkl_if_add_ip(int ifindex, int af, const void *addr, unsigned int netprefix_len);

/**
 * lkl_if_del_ip() - take an address from an interface
 * @ifindex: as for lkl_if_add_ip()
 * @af: as for lkl_if_add_ip()
 * @addr: as for lkl_if_add_ip()
 * @netprefix_len: as for lkl_if_add_ip()
 *
 * Return: 0 or err: -EADDRNOTAVAIL if it has no such address.
 */
int lkl_if_del_ip(int ifindex, int af, const void *addr, unsigned int netprefix_len);

/**
 * lkl_if_add_linklocal() - add an address that is valid on its link alone
 * @ifindex: as for lkl_if_add_ip()
 * @af: as for lkl_if_add_ip()
 * @addr: as for lkl_if_add_ip()
 * @netprefix_len: as for lkl_if_add_ip()
 *
 * Return: as lkl_if_add_ip().
 */
int lkl_if_add_linklocal(int ifindex, int af, const void *addr, int netprefix_len);

/**
 * lkl_if_wait_ipv6_dad() - wait for the end of duplicate address detection
 * @ifindex: the interface, which has to be up
 * @addr: its IPv6 address, sixteen bytes; read only
 *
 * Blocks for a second or two on an Ethernet device, ten at most. An address that another
 * host has stays with the interface, out of use, until lkl_if_del_ip(); as long as it does,
 * no route can lead through that host.
 *
 * Return: 0 if the address can be used, or err: -EADDRINUSE if another host has it,
 * -EADDRNOTAVAIL if the interface does not have it, -ENETDOWN if it is down or has no
 * carrier, -ETIMEDOUT.
 */
int lkl_if_wait_ipv6_dad(int ifindex, const void *addr);

/* ---- routes and neighbours ----------------------------------------------- */

/**
 * lkl_set_ipv4_gateway() - set the default route of IPv4
 * @addr: the router, in network byte order, reachable through an interface
 *
 * Return: 0 or err: -ENETUNREACH if it is not on a network that we are on.
 */
int lkl_set_ipv4_gateway(unsigned int addr);

/**
 * lkl_set_ipv6_gateway() - set the default route of IPv6
 * @addr: the router, sixteen bytes; read only. A link-local address needs
 *	lkl_if_add_gateway() or lkl_if_set_ipv6_gateway()
 *
 * Return: 0 or err: -EHOSTUNREACH if it is not on a network that we are on.
 */
int lkl_set_ipv6_gateway(const void *addr);

/**
 * lkl_if_set_ipv4_gateway() - a default route for what an address of ours sends
 * @ifindex: the interface that has the address
 * @addr: the address, in network byte order
 * @netmask_len: bits of its network
 * @gw_addr: the router, in network byte order
 *
 * Packets from @addr look up a table of this interface's own (1000 + @ifindex), in
 * which its network and this router are. So each of several interfaces sends its own
 * connections through its own router.
 *
 * Return: 0 or err.
 */
int lkl_if_set_ipv4_gateway(int ifindex, unsigned int addr, unsigned int netmask_len,
			    unsigned int gw_addr);

/**
 * lkl_if_set_ipv6_gateway() - as lkl_if_set_ipv4_gateway(), for IPv6
 * @ifindex: the interface that has the address
 * @addr: the address, sixteen bytes; read only
 * @netprefix_len: bits of its network
 * @gw_addr: the router, sixteen bytes; read only
 *
 * Return: 0 or err.
 */
int lkl_if_set_ipv6_gateway(int ifindex, const void *addr, unsigned int netprefix_len,
			    const void *gw_addr);

/**
 * lkl_add_gateway() - add a default route
 * @af: LKL_AF_INET or LKL_AF_INET6
 * @gwaddr: the router; read only
 *
 * Return: 0 or err: -EEXIST if there is a default route.
 */
int lkl_add_gateway(int af, const void *gwaddr);

/**
 * lkl_if_add_gateway() - add a default route to an interface's own table
 * @ifindex: the interface to send through
 * @af: LKL_AF_INET or LKL_AF_INET6
 * @gwaddr: the router; read only
 *
 * The table is the one that lkl_if_add_rule_from_saddr() makes packets look up.
 *
 * Return: 0 or err: -EEXIST if the table has a default route.
 */
int lkl_if_add_gateway(int ifindex, int af, const void *gwaddr);

/**
 * lkl_if_add_rule_from_saddr() - route what an address sends by an interface's own table
 * @ifindex: the interface
 * @af: LKL_AF_INET or LKL_AF_INET6
 * @saddr: source address of the packets; read only
 *
 * Return: 0 or err: -EEXIST if there is such a rule.
 */
int lkl_if_add_rule_from_saddr(int ifindex, int af, const void *saddr);

/**
 * lkl_add_neighbor() - tell the hardware address of a neighbour for good
 * @ifindex: the interface that leads to it
 * @af: LKL_AF_INET or LKL_AF_INET6
 * @addr: the neighbour's address; read only
 * @mac: its hardware address, six bytes; read only
 *
 * Replaces what was known of it. Neither ARP nor neighbour discovery asks for it then.
 *
 * Return: 0 or err.
 */
int lkl_add_neighbor(int ifindex, int af, const void *addr, const void *mac);

/* ---- queueing disciplines ------------------------------------------------ */

/**
 * lkl_qdisc_add() - put a queueing discipline on an interface
 * @ifindex: the interface
 * @root: where: "root", "ingress", "clsact", or the class "MAJOR:MINOR" (hexadecimal)
 *	that it goes below
 * @type: which, in the words of tc: "fq", "mq", "cake bandwidth 50mbit rtt 20ms",
 *	"netem delay 20ms 2ms loss 0.5% rate 10mbit", "fq maxrate 1gbit", "tbf rate 10mbit
 *	burst 32kb latency 50ms", and by its name alone every kind that needs no more
 *
 * One that is there is replaced. Parameters are known of fq, fq_codel, cake, netem, tbf:
 *
 * - fq: limit, flow_limit, quantum, initial_quantum (packets and bytes), maxrate, pacing,
 *   nopacing
 * - fq_codel: limit, flows, quantum, target, interval, ecn, noecn
 * - cake: bandwidth, rtt, target, memlimit, overhead, besteffort, diffserv3,
 *   diffserv4, diffserv8, flowblind, srchost, dsthost, hosts, flows, dual-srchost,
 *   dual-dsthost, triple-isolate, nat, nonat, wash, nowash, ack-filter, no-ack-filter
 * - netem: limit, delay TIME [JITTER [CORRELATION]], loss, duplicate, corrupt, reorder
 *   (each PERCENT [CORRELATION]), gap, rate
 * - tbf: rate, burst, latency or limit
 *
 * Return: 0 or err: -ENOENT for a kind the kernel does not have, -EINVAL for a parameter
 * that is unknown, misses its value or has a bad one.
 */
int lkl_qdisc_add(int ifindex, const char *root, const char *type);

/**
 * lkl_qdisc_parse_add() - several of lkl_qdisc_add()
 * @ifindex: the interface
 * @entries: "ROOT|TYPE;ROOT|TYPE;..."
 *
 * Return: 0 or the first err, -EINVAL for an entry of another form; entries before that
 * one were done, those after it were not.
 */
int lkl_qdisc_parse_add(int ifindex, const char *entries);

/* ---- parameters of the kernel -------------------------------------------- */

/**
 * lkl_sysctl() - set a parameter of the kernel
 * @path: "net.ipv4.tcp_congestion_control"; with a slash in it, as below /proc/sys
 *	("net/ipv4/conf/eth0.7/forwarding")
 * @value: what to write
 *
 * Mounts /proc if it is not mounted.
 *
 * Return: 0 or err: -ENOENT if there is no such parameter, -EINVAL for a bad value.
 */
int lkl_sysctl(const char *path, const char *value);

/**
 * lkl_sysctl_parse_write() - several of lkl_sysctl()
 * @sysctls: "PATH|VALUE;PATH|VALUE;..."
 *
 * Return: as lkl_qdisc_parse_add().
 */
int lkl_sysctl_parse_write(const char *sysctls);

/**
 * lkl_set_fd_limit() - how many files and sockets may be open inside
 * @fd_limit: for the whole process; 1024 if it is not set
 *
 * Return: 0 or err.
 */
int lkl_set_fd_limit(unsigned int fd_limit);

/* ---- namespaces ---------------------------------------------------------- */

/**
 * lkl_netns_add() - make a network namespace inside the kernel
 * @name: how it is called from now on, a valid name of a file
 *
 * It has an interface "lo", which is down, and nothing else.
 *
 * Return: 0 or err: -EEXIST if the name is taken.
 */
int lkl_netns_add(const char *name);

/**
 * lkl_netns_del() - forget a network namespace
 * @name: of the namespace. It ends when no thread is in it and no socket of it is open;
 *	devices made inside the kernel end with it, others return to the first namespace
 *
 * Return: 0 or err: -ENOENT if there is none of this name.
 */
int lkl_netns_del(const char *name);

/**
 * lkl_netns_enter() - let the calling thread work in a network namespace
 * @name: of the namespace; NULL for the one that the kernel started with
 *
 * Sockets stay in the namespace that they were made in. Other threads are not affected.
 *
 * Return: 0 or err: -ENOENT if there is none of this name.
 */
int lkl_netns_enter(const char *name);

/**
 * lkl_netns_move() - move an interface into another network namespace
 * @ifindex: the interface, in the namespace of the calling thread; loses its addresses
 * @name: of the namespace; NULL for the one that the kernel started with
 *
 * Return: 0 or err: -EEXIST if that one has an interface of the same name.
 */
int lkl_netns_move(int ifindex, const char *name);

/* ---- MPTCP --------------------------------------------------------------- */

/* struct lkl_mptcp_endpoint::flags */
#define LKL_MPTCP_SIGNAL	0x01	/* announce it to peers */
#define LKL_MPTCP_SUBFLOW	0x02	/* open subflows from it */
#define LKL_MPTCP_BACKUP	0x04	/* use it if nothing else works */
#define LKL_MPTCP_FULLMESH	0x08	/* to every address of the peer */

/**
 * struct lkl_mptcp_endpoint - an address that MPTCP connections may use
 * @af: LKL_AF_INET or LKL_AF_INET6
 * @ifindex: interface to send through; 0 leaves that to the routes
 * @flags: LKL_MPTCP_...
 * @port: announced with the address (LKL_MPTCP_SIGNAL), in host byte order; 0: that of
 *	the connection
 * @id: number in the protocol; 0 lets the kernel choose
 * @addr: the address; the first four bytes for LKL_AF_INET
 */
struct lkl_mptcp_endpoint {
	int af;
	int ifindex;
	unsigned int flags;
	uint16_t port;
	uint8_t id;
	uint8_t addr[16];
};

/**
 * lkl_mptcp_add_endpoint() - add an endpoint
 * @ep: which; read only
 *
 * Return: 0 or err: -EEXIST if there is one with this address or number, -EINVAL for
 * flags that exclude each other.
 */
int lkl_mptcp_add_endpoint(const struct lkl_mptcp_endpoint *ep);

/**
 * lkl_mptcp_del_endpoint() - remove an endpoint; its subflows are closed
 * @id: its number, as lkl_mptcp_get_endpoints() tells it
 *
 * Return: 0 or err: -EINVAL if there is no such endpoint.
 */
int lkl_mptcp_del_endpoint(unsigned int id);

/**
 * lkl_mptcp_get_endpoints() - list the endpoints
 * @eps: filled
 * @max: elements of @eps
 *
 * Return: how many there are, which may be more than @max, or err.
 */
int lkl_mptcp_get_endpoints(struct lkl_mptcp_endpoint *eps, unsigned int max);

/**
 * lkl_mptcp_set_limits() - limit the paths of each connection
 * @subflows: further subflows of a connection, 0 to 8; the kernel starts with 2
 * @add_addr_accepted: announced addresses of a peer that are used, 0 to 8; starts with 0
 *
 * Return: 0 or err: -EINVAL above 8.
 */
int lkl_mptcp_set_limits(unsigned int subflows, unsigned int add_addr_accepted);

/**
 * lkl_mptcp_get_limits() - what lkl_mptcp_set_limits() has set
 * @subflows: filled
 * @add_addr_accepted: filled
 *
 * Return: 0 or err.
 */
int lkl_mptcp_get_limits(unsigned int *subflows, unsigned int *add_addr_accepted);

/* ---- DHCP ------------------------------------------------------------------ */

/**
 * struct lkl_dhcp_lease - what a DHCP server gave
 * @addr: our address; as all addresses here in network byte order
 * @netmask_len: bits of its network
 * @router: default route; 0 if there is none
 * @server: the server
 * @dns: name servers; 0 after the last one
 * @seconds: how long the lease lasts; UINT32_MAX for ever
 */
struct lkl_dhcp_lease {
	uint32_t addr;
	uint32_t netmask_len;
	uint32_t router;
	uint32_t server;
	uint32_t dns[3];
	uint32_t seconds;
};

/**
 * lkl_dhcp() - get an IPv4 address from a DHCP server, and keep it
 * @ifindex: an Ethernet interface; is brought up
 * @timeout_ms: how long to try, in ms
 * @lease: filled; may be NULL
 *
 * RFC 2131. Sets the address, the default route unless there is one, and the name
 * servers in /etc/resolv.conf inside. A thread of the library then renews the lease until
 * lkl_dhcp_stop() or the halt of the kernel; a lease that ends takes the address along.
 * The address is not probed for other users (RFC 5227).
 *
 * Return: 0 or err: -ETIMEDOUT if no server gave an address, -ENODEV if the interface went
 * meanwhile, -EALREADY if it has a client.
 */
int lkl_dhcp(int ifindex, unsigned int timeout_ms, struct lkl_dhcp_lease *lease);

/**
 * lkl_dhcp_stop() - give the address back
 * @ifindex: as for lkl_dhcp()
 *
 * Return: 0 or err: -ENOENT if this interface has no client.
 */
int lkl_dhcp_stop(int ifindex);

/* ---- programs of the host over the kernel's netlink ------------------------ */

/**
 * lkl_netlink_exec() - run a program of the host whose netlink sockets are the kernel's
 * @argv: name, looked for in PATH and where system programs are, and arguments, ended by
 *	NULL; read only
 * @fds: its standard input, output and error; NULL for those of this process
 *
 * For programs of one process that work through netlink: nft, ip, tc, ss, bridge, ethtool.
 * Everything else that the program does, it does on the host. Needs seccomp's user
 * notification (Linux 5.14 on), but no privileges; the program gains none. Blocks until it
 * has ended.
 *
 * Return: its exit status, 128 + N if signal N ended it, or err: -ENOENT if there is no such
 * program, -ENOSYS where it cannot be done.
 */
int lkl_netlink_exec(const char *const argv[], const int fds[3]);

/**
 * lkl_nft_load() - load packet filter rules
 * @file: file of the host in the language of nft(8)
 * @why: what nft says of an error, one line; may be NULL
 * @size: of @why
 *
 * The host's own nft (package nftables) reads the file and tells the kernel, as
 * lkl_netlink_exec() runs it. All of the file holds, or nothing.
 *
 * Return: 0 or err: -EINVAL if nft refused the file, else as lkl_netlink_exec().
 */
int lkl_nft_load(const char *file, char *why, size_t size);

#ifdef __cplusplus
}
#endif

#endif
