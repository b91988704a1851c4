// SPDX-License-Identifier: GPL-2.0
/*
 * The TAP device of Windows, without its driver: two adapters are in a registry of the test's
 * own, and their devices are the ends of a named pipe that keeps messages apart, which is read and
 * written as the driver's are. Two namespaces talk through it. time limit: 120 s
 */
#include <pthread.h>
#include <unistd.h>
#include <windows.h>

#include <lkl_net.h>

#include "net.h"

#define GUID_A	L"{11111111-0000-0000-0000-000000000001}"
#define GUID_B	L"{11111111-0000-0000-0000-000000000002}"
#define NAME_A	"Ünder the desk"
#define NAME_B	"second"
#define IP_A	"10.9.0.1"
#define IP_B	"10.9.0.2"

/* ---- what the driver does ------------------------------------------------------- */

#define PIPE	"\\\\.\\pipe\\lkl-test-tap"

/* So small that writes have to wait for who reads. */
#define ROOM	4096

/* How the devices are to behave. */
static struct {
	HANDLE end[2];
	int connected[2];
	DWORD refuses;
	int keeps_unplugged;
} driver;

/* Both at once: a pipe cannot be read before somebody is at its other end. */
static HANDLE open_end(int i)
{
	DWORD mode = PIPE_READMODE_MESSAGE;

	if (!driver.end[0]) {
		driver.end[0] = CreateNamedPipeA(PIPE, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
						 PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 1,
						 ROOM, ROOM, 0, NULL);
		driver.end[1] = CreateFileA(PIPE, GENERIC_READ | GENERIC_WRITE, 0, NULL,
					    OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
		ck_assert(SetNamedPipeHandleState(driver.end[1], &mode, NULL, NULL));
	}
	return driver.end[i];
}

/* The library's calls come here; others go on. */
static HANDLE WINAPI create_file(const wchar_t *path, DWORD access, DWORD share,
				 SECURITY_ATTRIBUTES *security, DWORD how, DWORD flags, HANDLE model)
{
	static HANDLE (WINAPI *real)(const wchar_t *, DWORD, DWORD, SECURITY_ATTRIBUTES *, DWORD,
				     DWORD, HANDLE);

	if (driver.refuses && !wcsncmp(path, L"\\\\.\\Global\\", 11)) {
		SetLastError(driver.refuses);
		return INVALID_HANDLE_VALUE;
	}
	if (!wcscmp(path, L"\\\\.\\Global\\" GUID_A L".tap"))
		return open_end(0);
	if (!wcscmp(path, L"\\\\.\\Global\\" GUID_B L".tap"))
		return open_end(1);
	if (!real)
		real = (void *)GetProcAddress(GetModuleHandleW(L"kernel32.dll"), "CreateFileW");
	return real(path, access, share, security, how, flags, model);
}

static BOOL WINAPI device_io_control(HANDLE h, DWORD code, void *in, DWORD in_size, void *out,
				     DWORD out_size, DWORD *done, OVERLAPPED *ov)
{
	static BOOL (WINAPI *real)(HANDLE, DWORD, void *, DWORD, void *, DWORD, DWORD *,
				   OVERLAPPED *);

	for (int i = 0; i < 2; i++) {
		if (h != driver.end[i] || !h)
			continue;
		/* CTL_CODE(FILE_DEVICE_UNKNOWN, 6, METHOD_BUFFERED, FILE_ANY_ACCESS) */
		ck_assert_uint_eq(code, 0x220018);
		ck_assert_uint_eq(in_size, 4);
		ck_assert(ov && ov->hEvent);
		if (driver.keeps_unplugged) {
			SetLastError(ERROR_NOT_SUPPORTED);
			return FALSE;
		}
		driver.connected[i] = *(DWORD *)in;
		*done = 4;
		return TRUE;
	}
	if (!real)
		real = (void *)GetProcAddress(GetModuleHandleW(L"kernel32.dll"), "DeviceIoControl");
	return real(h, code, in, in_size, out, out_size, done, ov);
}

/* What the linker takes for the system's. */
void *__imp_CreateFileW = create_file;
void *__imp_DeviceIoControl = device_io_control;

/* ---- adapters -------------------------------------------------------------------- */

#define REGISTRY L"Software\\lkl-test"
#define NETWORK	 L"SYSTEM\\CurrentControlSet\\Control\\Network\\" \
		 L"{4D36E972-E325-11CE-BFC1-08002BE10318}\\"

static void add_adapter(HKEY root, const wchar_t *key, const wchar_t *name)
{
	HKEY adapter;

	ck_assert(!RegCreateKeyExW(root, key, 0, NULL, REG_OPTION_VOLATILE, KEY_ALL_ACCESS, NULL,
				   &adapter, NULL));
	ck_assert(!RegSetValueExW(adapter, L"Name", 0, REG_SZ, (const BYTE *)name,
				  (wcslen(name) + 1) * sizeof(*name)));
	RegCloseKey(adapter);
}

/* What is asked of the machine's registry is asked of ours. */
static void add_adapters(void)
{
	HKEY root;

	ck_assert(!RegCreateKeyExW(HKEY_CURRENT_USER, REGISTRY, 0, NULL, REG_OPTION_VOLATILE,
				   KEY_ALL_ACCESS, NULL, &root, NULL));
	add_adapter(root, NETWORK GUID_A L"\\Connection", L"\u00dcnder the desk");
	add_adapter(root, NETWORK GUID_B L"\\Connection", L"second");
	ck_assert(!RegOverridePredefKey(HKEY_LOCAL_MACHINE, root));
	RegCloseKey(root);
}

static int try_open(const char *name, struct lkl_netdev **nd, char why[200])
{
	why[0] = 0;
	return lkl_netdev_open("tap", name, LKL_NET_OFFLOAD_ALL, why, 200, nd);
}

static struct lkl_netdev *open_tap(const char *name)
{
	struct lkl_netdev *nd = NULL;
	char why[200];
	int err = try_open(name, &nd, why);

	ck_assert_msg(!err, "%s: %d, %s", name, err, why);
	return nd;
}

/* ---- tests ----------------------------------------------------------------------- */

struct joined {
	struct lkl_netdev *nd[2];
	int id[2], ifindex[2];
};

static void join_up(struct joined *j)
{
	add_adapters();
	j->nd[0] = open_tap(NAME_A);
	j->nd[1] = open_tap(NAME_B);
	ck_assert(driver.connected[0] && driver.connected[1]);
	ok(lkl_netns_add("b"));
	for (int i = 0; i < 2; i++) {
		j->id[i] = ok(lkl_netdev_add(j->nd[i], NULL));
		j->ifindex[i] = ok(lkl_netdev_get_ifindex(j->id[i]));
	}
	j->ifindex[1] = if_move(j->ifindex[1], "b");
	if_up(j->ifindex[0], IP_A, 24, NULL);
	ok(lkl_netns_enter("b"));
	if_up(j->ifindex[1], IP_B, 24, NULL);
	ok(lkl_netns_enter(NULL));
}

static void part(struct joined *j)
{
	for (int i = 0; i < 2; i++) {
		ok(lkl_netdev_remove(j->id[i]));
		lkl_netdev_free(j->nd[i]);
	}
}

static const struct side A = { .ip = IP_A }, B = { .netns = "b", .ip = IP_B };

START_TEST(traffic)
{
	struct joined j;

	join_up(&j);
	ok(ping(IP_B, 1000, 5000));
	is(tcp_transfer(&A, &B, 8 << 20, 30000, 60), 0);
	is(tcp_transfer(&B, &A, 8 << 20, 3000, 60), 0);
	is(udp_echo(&A, &B, 200, 1400), 200);
	part(&j);
}
END_TEST

/* As the driver does when the adapter is removed or switched off: reads fail. */
START_TEST(adapter_goes)
{
	struct joined j;

	join_up(&j);
	ok(ping(IP_B, 100, 5000));
	ok(lkl_netdev_remove(j.id[0]));
	lkl_netdev_free(j.nd[0]);
	ok(lkl_netns_enter("b"));
	ck_assert(if_wait_carrier(j.ifindex[1], 0));
	ok(lkl_netns_enter(NULL));
	ok(lkl_netdev_remove(j.id[1]));
	lkl_netdev_free(j.nd[1]);
}
END_TEST

START_TEST(errors)
{
	static const struct {
		DWORD error;
		int err;
		const char *why;
	} refusals[] = {
		{ ERROR_FILE_NOT_FOUND, LKL_ENODEV, "no adapter of tap-windows6" },
		{ ERROR_GEN_FAILURE, LKL_EBUSY, "in use by another program" },
		{ ERROR_NOT_READY, LKL_EIO, "error 21" },
	};
	struct lkl_netdev *nd;
	char why[200];

	add_adapters();
	fails(try_open("third", &nd, why), LKL_ENODEV);
	ck_assert_msg(strstr(why, "\"third\"") && strstr(why, "tapctl"), "%s", why);
	for (int i = 0; i < COUNT(refusals); i++) {
		driver.refuses = refusals[i].error;
		fails(try_open(NAME_B, &nd, why), refusals[i].err);
		ck_assert_msg(strstr(why, refusals[i].why), "%s", why);
	}
	driver.refuses = 0;
	driver.keeps_unplugged = 1;
	fails(try_open("{11111111-0000-0000-0000-000000000001}", &nd, why), LKL_EIO);
	ck_assert_msg(strstr(why, "cannot be brought up"), "%s", why);
}
END_TEST

int main(void)
{
	const TTest *inside[] = { traffic, adapter_goes };
	const TTest *bare[] = { errors };

	return run_tests("net_tap", LIST(inside), LIST(bare), 60);
}
