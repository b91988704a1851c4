/* SPDX-License-Identifier: GPL-2.0 */
#ifndef STAND_IN_PTHREAD_NP_H
#define STAND_IN_PTHREAD_NP_H

#include <pthread.h>

int pthread_attr_get_np(pthread_t thread, pthread_attr_t *attr);
int pthread_getthreadid_np(void);

#endif
