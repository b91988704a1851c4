// SPDX-License-Identifier: GPL-2.0
#include <linux/cpu.h>
#include <linux/delay.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/panic_notifier.h>
#include <linux/reboot.h>
#include <linux/screen_info.h>
#include <linux/seq_file.h>
#include <linux/syscalls.h>
#include <linux/workqueue.h>
#include <asm/entry.h>
#include <asm/hostmem.h>
#include <asm/kasan.h>
#include <asm/setup.h>
#include <asm/thread.h>

static char command_line[COMMAND_LINE_SIZE];

/*
 * Before what the application says. Devices and tables that nobody may need are
 * made on demand, or small, so that the start is quick. Writing back starts early
 * and writers wait late: in a small memory they would sleep more than they write.
 */
static const char defaults[] =
	"nbd.nbds_max=0 zram.num_devices=0 loop.max_loop=0 brd.rd_nr=0 "
	"ifb.numifbs=0 dummy.numdummies=0 bonding.max_bonds=0 "
	"thash_entries=8192 uhash_entries=1024 tcpmhash_entries=1024 "
	"nf_conntrack.hashsize=4096 mhash_entries=1024 mphash_entries=1024 "
	"jfs.nTxLock=2048 cifs.cifs_min_rcv=1 cifs.cifs_min_small=4 "
	"sysctl.vm.dirty_ratio=60 sysctl.vm.dirty_background_ratio=5 ";

int __ref lkl_setup(const char *cmdline)
{
	if (snprintf(boot_command_line, COMMAND_LINE_SIZE, "%s%s", defaults,
		     cmdline) >= COMMAND_LINE_SIZE)
		return -E2BIG;
	strscpy(command_line, boot_command_line, COMMAND_LINE_SIZE);
	return lkl_memory_reserve(cmdline);
}

/* The host's panic() decides what becomes of the process. */
static int report_panic(struct notifier_block *nb, unsigned long code, void *msg)
{
	if (lkl_ops->panic)
		lkl_ops->panic();
	lkl_cpu_die(-EIO);
	return NOTIFY_DONE;
}

static struct notifier_block panic_report = {
	.notifier_call = report_panic,
	.priority = INT_MIN,
};

/* mem= was for lkl_memory_reserve(). */
static int __init ignore_mem(char *arg)
{
	return 0;
}
early_param("mem", ignore_mem);

void __init setup_arch(char **cmdline_p)
{
	atomic_notifier_chain_register(&panic_notifier_list, &panic_report);
	*cmdline_p = command_line;
	parse_early_param();
	lkl_console_register();
	lkl_memory_setup();
	lkl_paging_init();
	kasan_init();
}

void __init arch_cpu_finalize_init(void)
{
}

static int show_cpuinfo(struct seq_file *m, void *v)
{
	seq_puts(m, "processor\t: 0\nmodel name\t: lkl\n\n");
	return 0;
}

static void *cpuinfo_start(struct seq_file *m, loff_t *pos)
{
	return *pos ? NULL : cpuinfo_start;
}

static void *cpuinfo_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return NULL;
}

static void cpuinfo_stop(struct seq_file *m, void *v)
{
}

const struct seq_operations cpuinfo_op = {
	.start = cpuinfo_start,
	.next = cpuinfo_next,
	.stop = cpuinfo_stop,
	.show = show_cpuinfo,
};

/*
 * Which queue schedule_work() uses is not the same in all of 6.12, so it is flushed by this.
 * It warns whoever may wait for works that wait for him: ours have no locks.
 */
#define __warn_flushing_systemwide_wq() do { } while (0)

/* File systems whose last user is gone may still be on their way out. */
long lkl_flush_unmount(void)
{
	flush_delayed_fput();
	flush_scheduled_work();
	return 0;
}

/*
 * What has been written must be on disk, also of file systems that are still
 * mounted: these are made read-only, which leaves them clean.
 */
long lkl_halt(void)
{
	lkl_flush_unmount();
	ksys_sync();
	emergency_remount();
	flush_scheduled_work();
	kernel_halt();
	return 0;
}

void machine_halt(void)
{
	lkl_cpu_die(-ESHUTDOWN);
}

void machine_power_off(void)
{
	machine_halt();
}

void machine_restart(char *cmd)
{
	machine_halt();
}
