/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A process of one thread, whose kernel waits for nothing but its own timers: fork() copies
 * the whole of it, and no case costs time in which nothing happens.
 */
#ifndef LKL_FORKSERVER_ALONE_H
#define LKL_FORKSERVER_ALONE_H

/*
 * Changes the host's table, before the kernel starts. The kernel gets no thread of its own;
 * its timers expire, and its threads run, while a system call waits. When the CPU idles, the
 * clock jumps to the next timer; else it counts how often it is read. It, the date, and what
 * is taken for random are the same in each run.
 */
void alone_init(void);

/* All is prepared. */
void alone_booted(void);

/*
 * A case begins. Ends the process by SIGALRM once the clock has gone on by @ms, 0: never.
 * Whoever waits in a circle for what does not come would else have no end before the real limit.
 */
void alone_begin(unsigned int ms);

/*
 * Whether there are other mappings of memory than when all was prepared, as the kernel has
 * them made for vmalloc() and mmap(), or lets unused memory go.
 */
int alone_changed_memory(void);

#endif
