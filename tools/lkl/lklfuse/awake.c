// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "awake.h"

/* For 0 us of latency, this driver polls; others have cheaper ways to be quick. */
#define DRIVER	"haltpoll\n"

/* So many requests in a millisecond. */
#define THICK		2

static int fd = -1;
static bool kept;
static unsigned int thin;	/* milliseconds */

static bool halts(void)
{
	char name[sizeof(DRIVER)] = "";
	int file = open("/sys/devices/system/cpu/cpuidle/current_driver", O_RDONLY | O_CLOEXEC);
	bool same;

	if (file < 0)
		return false;
	same = read(file, name, sizeof(name) - 1) > 0 && !strcmp(name, DRIVER);
	close(file);
	return same;
}

bool awake_open(void)
{
	if (halts())
		fd = open("/dev/cpu_dma_latency", O_WRONLY | O_CLOEXEC);
	return fd >= 0;
}

static void keep_awake(bool keep)
{
	/* In us; -1 is what it is when nobody asks. */
	int32_t latency = keep ? 0 : -1;

	if (write(fd, &latency, sizeof(latency)) > 0)
		kept = keep;
}

void awake_report(unsigned int requests)
{
	if (fd < 0)
		return;
	thin = requests < THICK ? thin + 1 : 0;
	if (kept ? thin >= AWAKE_LASTS : !thin)
		keep_awake(!kept);
}

void awake_close(void)
{
	if (fd >= 0)
		close(fd);
	fd = -1;
}
