// SPDX-License-Identifier: GPL-2.0
/*
 * Storage of threads, with destructors, out of fiber-local storage: the only kind
 * of which Windows tells the end of a thread.
 */
#include <stdlib.h>
#include <windows.h>

#include "mingw.h"

struct lkl_tls_key {
	DWORD slot;
	void (LKL_ABI *destructor)(void *);
};

/* What lies in the slot: its callback hears of nothing else. */
struct value {
	struct lkl_tls_key *key;
	void *data;
};

/* While the process ends, others' threads are dead already, with their locks held. */
static int is_process_ending(void)
{
	static BOOLEAN (NTAPI *in_progress)(void);

	if (!in_progress)
		in_progress = (void *)GetProcAddress(GetModuleHandleW(L"ntdll.dll"),
						     "RtlDllShutdownInProgress");
	return in_progress && in_progress();
}

static void CALLBACK thread_ends(void *arg)
{
	struct value *value = arg;

	if (!value || is_process_ending())
		return;
	if (value->key->destructor && value->data)
		value->key->destructor(value->data);
	free(value);
}

struct lkl_tls_key *LKL_ABI lkl_mingw_tls_alloc(void (LKL_ABI *destructor)(void *))
{
	struct lkl_tls_key *key = malloc(sizeof(*key));

	if (!key)
		return NULL;
	key->destructor = destructor;
	key->slot = FlsAlloc(thread_ends);
	if (key->slot == FLS_OUT_OF_INDEXES) {
		free(key);
		return NULL;
	}
	return key;
}

void LKL_ABI lkl_mingw_tls_free(struct lkl_tls_key *key)
{
	if (!key)
		return;
	/* FlsFree() calls back for every thread: that frees what they have, no more. */
	key->destructor = NULL;
	FlsFree(key->slot);
	free(key);
}

int LKL_ABI lkl_mingw_tls_set(struct lkl_tls_key *key, void *data)
{
	struct value *value = FlsGetValue(key->slot);

	if (!value) {
		value = malloc(sizeof(*value));
		if (!value)
			return -1;
		value->key = key;
		if (!FlsSetValue(key->slot, value)) {
			free(value);
			return -1;
		}
	}
	value->data = data;
	return 0;
}

void *LKL_ABI lkl_mingw_tls_get(struct lkl_tls_key *key)
{
	struct value *value = FlsGetValue(key->slot);

	return value ? value->data : NULL;
}
