// SPDX-License-Identifier: GPL-2.0
/* Memory that has been free for a while goes back to the host. */
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/page_reporting.h>
#include <linux/scatterlist.h>
#include <asm/thread.h>

static int lkl_memory_report(struct page_reporting_dev_info *dev, struct scatterlist *sgl,
			     unsigned int nents)
{
	struct scatterlist *sg;
	unsigned int i;

	for_each_sg(sgl, sg, nents, i)
		lkl_ops->mem_discard(sg_virt(sg), sg->length);
	return 0;
}

static struct page_reporting_dev_info lkl_reporting = {
	.report = lkl_memory_report,
	/* In pieces of a huge page, of which the host need not split any. */
	.order = PMD_SHIFT - PAGE_SHIFT,
};

static int __init lkl_reporting_init(void)
{
	return page_reporting_register(&lkl_reporting);
}
late_initcall(lkl_reporting_init);
