/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The part of libcheck's interface that the suites use, for targets that Debian has
 * no libcheck for: other processors, other systems. Where there is a libcheck, it is
 * used. Each test runs apart (apart.h), in a process of its own.
 */
#ifndef LKL_CHECK_H
#define LKL_CHECK_H

#include <stdint.h>
#include <string.h>

/* Which printf() it is. */
#ifdef _WIN32
#define CHECK_PRINTF gnu_printf
#else
#define CHECK_PRINTF printf
#endif

typedef struct TTest {
	const char *name;
	void (*fn)(int i);
	const char *file;
} TTest;

typedef struct Suite Suite;
typedef struct TCase TCase;
typedef struct SRunner SRunner;

/* How much to print; what CK_VERBOSITY says, which nothing here looks at. */
enum print_output { CK_ENV };

#define START_TEST(test)						\
static void test##_fn(int _i);						\
static const TTest test##_ttest = { #test, test##_fn, __FILE__ };	\
static const TTest *test = &test##_ttest;				\
static void test##_fn(int _i __attribute__((unused)))
#define END_TEST

/* Memory of suites and cases lives as long as the program. */
Suite *suite_create(const char *name);
void suite_add_tcase(Suite *suite, TCase *tcase);
TCase *tcase_create(const char *name);
void tcase_set_timeout(TCase *tcase, double seconds);
/* @setup and @teardown run around each test, in its process; either may be NULL. */
void tcase_add_checked_fixture(TCase *tcase, void (*setup)(void), void (*teardown)(void));
/* The test runs with _i from @start up to @end - 1. */
void tcase_add_loop_test(TCase *tcase, const TTest *test, int start, int end);
#define tcase_add_test(tcase, test) tcase_add_loop_test(tcase, test, 0, 1)

SRunner *srunner_create(Suite *suite);
/*
 * Runs all tests and reports them in TAP, to the file that CK_TAP_LOG_FILE_NAME names
 * or the standard output. CK_FORK=no runs them in this process, the first failure
 * ends it.
 */
void srunner_run_all(SRunner *runner, enum print_output mode);
int srunner_ntests_failed(SRunner *runner);
void srunner_free(SRunner *runner);

/* Ends the running test; any of its threads may call it. */
void check_fail(const char *file, int line, const char *format, ...)
	__attribute__((noreturn, format(CHECK_PRINTF, 3, 4)));

#define ck_assert_msg(expr, ...)					\
	((expr) ? (void)0 : check_fail(__FILE__, __LINE__, __VA_ARGS__))
#define ck_assert(expr) ck_assert_msg(expr, "not so: %s", #expr)
#define ck_abort_msg(...) check_fail(__FILE__, __LINE__, __VA_ARGS__)

#define CHECK_COMPARE(type, format, a, op, b) do {			\
	type check_a = (a), check_b = (b);				\
	ck_assert_msg(check_a op check_b,				\
		      "not so: %s " #op " %s: %" format ", %" format,	\
		      #a, #b, check_a, check_b);			\
} while (0)
#define CHECK_INT(a, op, b)	CHECK_COMPARE(long long, "lld", a, op, b)
#define CHECK_UINT(a, op, b)	CHECK_COMPARE(unsigned long long, "llu", a, op, b)

#define ck_assert_int_eq(a, b)	CHECK_INT(a, ==, b)
#define ck_assert_int_ne(a, b)	CHECK_INT(a, !=, b)
#define ck_assert_int_lt(a, b)	CHECK_INT(a, <, b)
#define ck_assert_int_le(a, b)	CHECK_INT(a, <=, b)
#define ck_assert_int_gt(a, b)	CHECK_INT(a, >, b)
#define ck_assert_int_ge(a, b)	CHECK_INT(a, >=, b)
#define ck_assert_uint_eq(a, b)	CHECK_UINT(a, ==, b)
#define ck_assert_uint_ne(a, b)	CHECK_UINT(a, !=, b)
#define ck_assert_uint_lt(a, b)	CHECK_UINT(a, <, b)
#define ck_assert_uint_le(a, b)	CHECK_UINT(a, <=, b)
#define ck_assert_uint_gt(a, b)	CHECK_UINT(a, >, b)
#define ck_assert_uint_ge(a, b)	CHECK_UINT(a, >=, b)

#define ck_assert_ptr_null(p)	 ck_assert_msg(!(p), "%s is not NULL", #p)
#define ck_assert_ptr_nonnull(p) ck_assert_msg((p), "%s is NULL", #p)
#define ck_assert_ptr_eq(a, b)	 ck_assert_msg((a) == (b), "%s is not %s", #a, #b)
#define ck_assert_ptr_ne(a, b)	 ck_assert_msg((a) != (b), "%s is %s", #a, #b)

#define CHECK_STR(a, op, b) do {					\
	const char *check_a = (a), *check_b = (b);			\
	ck_assert_msg(strcmp(check_a, check_b) op 0,			\
		      "not so: %s " #op " %s: \"%s\", \"%s\"",		\
		      #a, #b, check_a, check_b);			\
} while (0)
#define ck_assert_str_eq(a, b)	CHECK_STR(a, ==, b)
#define ck_assert_str_ne(a, b)	CHECK_STR(a, !=, b)
#define ck_assert_mem_eq(a, b, n)					\
	ck_assert_msg(!memcmp(a, b, n), "the bytes of %s and %s differ", #a, #b)

#endif
