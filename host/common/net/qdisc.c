// SPDX-License-Identifier: GPL-2.0
/* Queueing disciplines, described in tc's words. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lkl/linux/pkt_sched.h>

#include "entries.h"
#include "link.h"
#include "units.h"

#define WORDS_MAX 64

/* How the value of a parameter is written, and what the kernel wants. */
enum how {
	COUNT,		/* a number, u32 */
	BYTES,		/* a size, u32 */
	SIGNED,		/* a number that may be negative, s32 */
	USEC,		/* a time, u32 in us */
	RATE32,		/* a rate, u32 in byte/s */
	RATE64,		/* the same as u64 */
	VALUE,		/* no value: the parameter means u32 @value */
};

struct param {
	const char *name;
	int attr;
	enum how how;
	uint32_t value;
};

static const struct param fq_params[] = {
	{ "limit", LKL_TCA_FQ_PLIMIT, COUNT, 0 },
	{ "flow_limit", LKL_TCA_FQ_FLOW_PLIMIT, COUNT, 0 },
	{ "quantum", LKL_TCA_FQ_QUANTUM, BYTES, 0 },
	{ "initial_quantum", LKL_TCA_FQ_INITIAL_QUANTUM, BYTES, 0 },
	{ "maxrate", LKL_TCA_FQ_FLOW_MAX_RATE, RATE32, 0 },
	{ "pacing", LKL_TCA_FQ_RATE_ENABLE, VALUE, 1 },
	{ "nopacing", LKL_TCA_FQ_RATE_ENABLE, VALUE, 0 },
	{ 0 }
};

static const struct param fq_codel_params[] = {
	{ "limit", LKL_TCA_FQ_CODEL_LIMIT, COUNT, 0 },
	{ "flows", LKL_TCA_FQ_CODEL_FLOWS, COUNT, 0 },
	{ "quantum", LKL_TCA_FQ_CODEL_QUANTUM, BYTES, 0 },
	{ "target", LKL_TCA_FQ_CODEL_TARGET, USEC, 0 },
	{ "interval", LKL_TCA_FQ_CODEL_INTERVAL, USEC, 0 },
	{ "ecn", LKL_TCA_FQ_CODEL_ECN, VALUE, 1 },
	{ "noecn", LKL_TCA_FQ_CODEL_ECN, VALUE, 0 },
	{ 0 }
};

static const struct param cake_params[] = {
	{ "bandwidth", LKL_TCA_CAKE_BASE_RATE64, RATE64, 0 },
	{ "rtt", LKL_TCA_CAKE_RTT, USEC, 0 },
	{ "target", LKL_TCA_CAKE_TARGET, USEC, 0 },
	{ "memlimit", LKL_TCA_CAKE_MEMORY, BYTES, 0 },
	{ "overhead", LKL_TCA_CAKE_OVERHEAD, SIGNED, 0 },
	{ "besteffort", LKL_TCA_CAKE_DIFFSERV_MODE, VALUE, LKL_CAKE_DIFFSERV_BESTEFFORT },
	{ "diffserv3", LKL_TCA_CAKE_DIFFSERV_MODE, VALUE, LKL_CAKE_DIFFSERV_DIFFSERV3 },
	{ "diffserv4", LKL_TCA_CAKE_DIFFSERV_MODE, VALUE, LKL_CAKE_DIFFSERV_DIFFSERV4 },
	{ "diffserv8", LKL_TCA_CAKE_DIFFSERV_MODE, VALUE, LKL_CAKE_DIFFSERV_DIFFSERV8 },
	{ "flowblind", LKL_TCA_CAKE_FLOW_MODE, VALUE, LKL_CAKE_FLOW_NONE },
	{ "srchost", LKL_TCA_CAKE_FLOW_MODE, VALUE, LKL_CAKE_FLOW_SRC_IP },
	{ "dsthost", LKL_TCA_CAKE_FLOW_MODE, VALUE, LKL_CAKE_FLOW_DST_IP },
	{ "hosts", LKL_TCA_CAKE_FLOW_MODE, VALUE, LKL_CAKE_FLOW_HOSTS },
	{ "flows", LKL_TCA_CAKE_FLOW_MODE, VALUE, LKL_CAKE_FLOW_FLOWS },
	{ "dual-srchost", LKL_TCA_CAKE_FLOW_MODE, VALUE, LKL_CAKE_FLOW_DUAL_SRC },
	{ "dual-dsthost", LKL_TCA_CAKE_FLOW_MODE, VALUE, LKL_CAKE_FLOW_DUAL_DST },
	{ "triple-isolate", LKL_TCA_CAKE_FLOW_MODE, VALUE, LKL_CAKE_FLOW_TRIPLE },
	{ "nat", LKL_TCA_CAKE_NAT, VALUE, 1 },
	{ "nonat", LKL_TCA_CAKE_NAT, VALUE, 0 },
	{ "wash", LKL_TCA_CAKE_WASH, VALUE, 1 },
	{ "nowash", LKL_TCA_CAKE_WASH, VALUE, 0 },
	{ "ack-filter", LKL_TCA_CAKE_ACK_FILTER, VALUE, LKL_CAKE_ACK_FILTER },
	{ "no-ack-filter", LKL_TCA_CAKE_ACK_FILTER, VALUE, LKL_CAKE_ACK_NONE },
	{ 0 }
};

/* Parameters are one attribute each. */
static int put_param(struct lkl_nl_msg *m, const struct param *p, const char *word)
{
	const char *digits = word;
	uint64_t v = p->value;
	int err = 0;

	switch (p->how) {
	case COUNT:
		err = lkl_parse_count(word, 0, UINT32_MAX, &v);
		break;
	case BYTES:
		err = lkl_parse_size(word, &v);
		break;
	case SIGNED:
		digits += *word == '-';
		err = lkl_parse_count(digits, 0, INT32_MAX, &v);
		if (*word == '-')
			v = (uint32_t)-v;
		break;
	case USEC:
		err = lkl_parse_time(word, &v);
		v /= 1000;
		break;
	case RATE32:
	case RATE64:
		err = lkl_parse_rate(word, &v);
		break;
	case VALUE:
		break;
	}
	if (!err && p->how != RATE64 && v > UINT32_MAX)
		err = -LKL_EINVAL;
	if (p->how == RATE64)
		lkl_nl_put_u64(m, p->attr, v);
	else
		lkl_nl_put_u32(m, p->attr, v);
	return err;
}

static int put_params(struct lkl_nl_msg *m, const struct param *params, char **words)
{
	const struct param *p;
	int err = 0;

	for (; *words && !err; words++) {
		for (p = params; p->name && strcmp(p->name, *words); p++)
			;
		if (!p->name || (p->how != VALUE && !words[1]))
			return -LKL_EINVAL;
		if (p->how != VALUE)
			words++;
		err = put_param(m, p, *words);
	}
	return err;
}

static int fq(struct lkl_nl_msg *m, char **words)
{
	return put_params(m, fq_params, words);
}

static int fq_codel(struct lkl_nl_msg *m, char **words)
{
	return put_params(m, fq_codel_params, words);
}

static int cake(struct lkl_nl_msg *m, char **words)
{
	return put_params(m, cake_params, words);
}

struct netem {
	struct lkl_tc_netem_qopt opt;
	struct lkl_tc_netem_corr corr;
	struct lkl_tc_netem_reorder reorder;
	struct lkl_tc_netem_corrupt corrupt;
	uint64_t delay;
	uint64_t jitter;
	uint64_t rate;
};

/* Whether there is a word that is the value of the parameter before it. */
static int is_value(const char *word)
{
	return word && *word >= '0' && *word <= '9';
}

/* PERCENT [CORRELATION]; moves *@words to the last word that was used. */
static int chance(char ***words, uint32_t *prob, uint32_t *corr)
{
	int err;

	if (!is_value((*words)[1]))
		return -LKL_EINVAL;
	err = lkl_parse_percent(*++*words, prob);
	if (!err && is_value((*words)[1]))
		err = lkl_parse_percent(*++*words, corr);
	return err;
}

static int netem_delay(char ***words, struct netem *n)
{
	int err;

	if (!is_value((*words)[1]))
		return -LKL_EINVAL;
	err = lkl_parse_time(*++*words, &n->delay);
	if (!err && is_value((*words)[1]))
		err = lkl_parse_time(*++*words, &n->jitter);
	if (!err && n->jitter && is_value((*words)[1]))
		err = lkl_parse_percent(*++*words, &n->corr.delay_corr);
	return err;
}

static int netem_number(char ***words, __lkl__u32 *value)
{
	uint64_t v;
	int err = is_value((*words)[1]) ? 0 : -LKL_EINVAL;

	if (!err)
		err = lkl_parse_count(*++*words, 0, UINT32_MAX, &v);
	if (!err)
		*value = v;
	return err;
}

static int netem_parse(char **words, struct netem *n)
{
	int err = 0;

	for (; *words && !err; words++) {
		const char *w = *words;

		if (!strcmp(w, "limit"))
			err = netem_number(&words, &n->opt.limit);
		else if (!strcmp(w, "gap"))
			err = netem_number(&words, &n->opt.gap);
		else if (!strcmp(w, "delay") || !strcmp(w, "latency"))
			err = netem_delay(&words, n);
		else if (!strcmp(w, "loss") || !strcmp(w, "drop"))
			err = chance(&words, &n->opt.loss, &n->corr.loss_corr);
		else if (!strcmp(w, "duplicate"))
			err = chance(&words, &n->opt.duplicate, &n->corr.dup_corr);
		else if (!strcmp(w, "reorder"))
			err = chance(&words, &n->reorder.probability, &n->reorder.correlation);
		else if (!strcmp(w, "corrupt"))
			err = chance(&words, &n->corrupt.probability, &n->corrupt.correlation);
		else if (!strcmp(w, "rate") && words[1])
			err = lkl_parse_rate(*++words, &n->rate);
		else
			return -LKL_EINVAL;
	}
	return err;
}

static int netem(struct lkl_nl_msg *m, char **words)
{
	struct lkl_tc_netem_rate rate = { 0 };
	struct netem n = { .opt.limit = 1000 };
	int err = netem_parse(words, &n);

	if (err)
		return err;
	/* Reordering sends some packets at once and the others later. */
	if (n.reorder.probability && !n.delay)
		return -LKL_EINVAL;
	if (n.reorder.probability && !n.opt.gap)
		n.opt.gap = 1;
	lkl_nl_put_raw(m, &n.opt, sizeof(n.opt));
	lkl_nl_put(m, LKL_TCA_NETEM_CORR, &n.corr, sizeof(n.corr));
	lkl_nl_put_u64(m, LKL_TCA_NETEM_LATENCY64, n.delay);
	lkl_nl_put_u64(m, LKL_TCA_NETEM_JITTER64, n.jitter);
	if (n.reorder.probability)
		lkl_nl_put(m, LKL_TCA_NETEM_REORDER, &n.reorder, sizeof(n.reorder));
	if (n.corrupt.probability)
		lkl_nl_put(m, LKL_TCA_NETEM_CORRUPT, &n.corrupt, sizeof(n.corrupt));
	if (n.rate) {
		rate.rate = n.rate > UINT32_MAX ? UINT32_MAX : n.rate;
		lkl_nl_put_u64(m, LKL_TCA_NETEM_RATE64, n.rate);
		lkl_nl_put(m, LKL_TCA_NETEM_RATE, &rate, sizeof(rate));
	}
	return 0;
}

static int tbf(struct lkl_nl_msg *m, char **words)
{
	uint64_t rate = 0, burst = 0, latency = 0, limit = 0;
	struct lkl_tc_tbf_qopt opt = { .rate.linklayer = LKL_TC_LINKLAYER_ETHERNET };
	int err = 0;

	for (; *words && !err; words += 2) {
		if (!words[1])
			return -LKL_EINVAL;
		if (!strcmp(*words, "rate"))
			err = lkl_parse_rate(words[1], &rate);
		else if (!strcmp(*words, "burst") || !strcmp(*words, "buffer"))
			err = lkl_parse_size(words[1], &burst);
		else if (!strcmp(*words, "latency"))
			err = lkl_parse_time(words[1], &latency);
		else if (!strcmp(*words, "limit"))
			err = lkl_parse_size(words[1], &limit);
		else
			err = -LKL_EINVAL;
	}
	/* A rate, a burst, and either limit or latency are what tc asks for, too. */
	if (err || !rate || !burst || !latency == !limit)
		return -LKL_EINVAL;
	if (latency)
		limit = rate * ((double)latency / 1e9) + burst;
	if (limit > UINT32_MAX || burst > UINT32_MAX)
		return -LKL_EINVAL;
	opt.rate.rate = rate > UINT32_MAX ? UINT32_MAX : rate;
	opt.limit = limit;
	lkl_nl_put(m, LKL_TCA_TBF_PARMS, &opt, sizeof(opt));
	lkl_nl_put_u32(m, LKL_TCA_TBF_BURST, burst);
	if (rate > UINT32_MAX)
		lkl_nl_put_u64(m, LKL_TCA_TBF_RATE64, rate);
	return 0;
}

static const struct kind {
	const char *name;
	int (*put)(struct lkl_nl_msg *m, char **words);
} kinds[] = {
	{ "fq", fq },
	{ "fq_codel", fq_codel },
	{ "cake", cake },
	{ "netem", netem },
	{ "tbf", tbf },
};

/* Puts the kind, words[0], and what it is told. */
static int put_kind(struct lkl_nl_msg *m, char **words)
{
	size_t i, options;
	int err;

	lkl_nl_put_str(m, LKL_TCA_KIND, words[0]);
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].name, words[0]))
			continue;
		/* netem reads a plain structure before its attributes: no nest flag. */
		options = m->len;
		lkl_nl_put(m, LKL_TCA_OPTIONS, NULL, 0);
		err = kinds[i].put(m, words + 1);
		lkl_nl_end(m, options);
		return err;
	}
	return words[1] ? -LKL_EINVAL : 0;
}

static int parent_of(const char *root, struct lkl_tcmsg *tcm)
{
	unsigned int major, minor;
	int end = 0;

	if (!strcmp(root, "root")) {
		tcm->tcm_parent = LKL_TC_H_ROOT;
	} else if (!strcmp(root, "ingress") || !strcmp(root, "clsact")) {
		tcm->tcm_parent = LKL_TC_H_INGRESS;
		tcm->tcm_handle = LKL_TC_H_INGRESS & LKL_TC_H_MAJ_MASK;
	} else {
		if (sscanf(root, "%4x:%4x%n", &major, &minor, &end) != 2 || root[end] ||
		    !major)
			return -LKL_EINVAL;
		tcm->tcm_parent = major << 16 | minor;
	}
	return 0;
}

static int split(char *text, char **words)
{
	char *save = NULL;
	int n = 0;

	for (words[n] = strtok_r(text, " \t", &save); words[n];
	     words[n] = strtok_r(NULL, " \t", &save))
		if (++n == WORDS_MAX)
			return -LKL_E2BIG;
	return n ? 0 : -LKL_EINVAL;
}

int lkl_qdisc_add(int ifindex, const char *root, const char *type)
{
	struct lkl_tcmsg tcm = { .tcm_family = LKL_AF_UNSPEC, .tcm_ifindex = ifindex };
	char *words[WORDS_MAX + 1], *text;
	struct lkl_nl_msg m;
	int err;

	if (ifindex <= 0)
		return -LKL_ENODEV;
	err = parent_of(root, &tcm);
	if (err)
		return err;
	text = strdup(type);
	if (!text)
		return -LKL_ENOMEM;
	err = split(text, words);
	if (!err) {
		lkl_nl_init(&m, LKL_RTM_NEWQDISC, LKL_NLM_F_CREATE | LKL_NLM_F_REPLACE, &tcm,
			    sizeof(tcm));
		err = put_kind(&m, words);
	}
	free(text);
	return err ? err : lkl_nl_talk(LKL_NETLINK_ROUTE, &m);
}

static int add_entry(const char *root, const char *type, void *arg)
{
	return lkl_qdisc_add(*(int *)arg, root, type);
}

int lkl_qdisc_parse_add(int ifindex, const char *entries)
{
	return lkl_entries(entries, add_entry, &ifindex);
}
