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
	if (!flock(fd, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB))
		return 0;
	if (errno == EWOULDBLOCK) {
		error("%s is in use by another program%s", name,
		      exclusive ? "; wait until it is done" : " that changes it");
		return -1;
	}
	warning("%s cannot be locked (%s): make sure that nobody else changes it", name,
		strerror(errno));
	return 0;
}

int image_lock_for_server(const struct image *image)
{
	return image_lock(image->fd, image->name, !image->read_only);
}

/* Disks are character devices here. The system lets nobody write to one that is mounted. */
int image_open_file(struct image *image)
{
	const char *name = image->name;
	struct stat st;

	if (stat(name, &st)) {
		error("%s: %s", name, strerror(errno));
		return -1;
	}
	if (!S_ISCHR(st.st_mode) && !S_ISREG(st.st_mode)) {
		error("%s is neither a file nor a disk", name);
		return -1;
	}
	image->fd = open(name, (image->read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	if (image->fd < 0) {
		error(errno == EPERM && S_ISCHR(st.st_mode) && !image->read_only ?
		      "%s: %s; is it mounted?" : "%s: %s", name, strerror(errno));
		return -1;
	}
	if (S_ISCHR(st.st_mode) || st.st_size)
		return 0;
	error("%s is empty", name);
	return -1;
}

void image_fill_disk(struct image *image)
{
	image->disk.fd = image->fd;
}
