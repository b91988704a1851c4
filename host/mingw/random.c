// SPDX-License-Identifier: GPL-2.0
#include <windows.h>

#include "mingw.h"

/*
 * SystemFunction036 is what RtlGenRandom() of advapi32 is called inside. It is found when the
 * image gets its place, since the kernel's stacks are too small for loading a library.
 */
int LKL_ABI lkl_mingw_random(void *buf, int size)
{
	static BOOLEAN (NTAPI *generate)(void *buf, ULONG size);

	if (!generate)
		generate = (void *)GetProcAddress(LoadLibraryW(L"advapi32.dll"),
						  "SystemFunction036");
	return generate && generate(buf, size) ? size : -1;
}
