/* A stand-in for a clock that fails: preloaded into a process, it makes the clock fail once when the file that CLOCK_FAILS_AFTER names exists. Rust's
   standard library panics then, where nothing else can be made to. Threads that train are meant (sapwood-0, sapwood-1, …), and calls of the executable
   itself: the libraries of MPI have clocks of their own. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static atomic_int has_failed;

static int fails(const void *caller) {
    const char *file = getenv("CLOCK_FAILS_AFTER");
    char thread[16] = "";
    Dl_info from;
    if (!file || atomic_load(&has_failed) || pthread_getname_np(pthread_self(), thread, sizeof thread) || strncmp(thread, "sapwood-", 8)) return 0;
    if (!dladdr(caller, &from) || !from.dli_fname || strstr(from.dli_fname, ".so") || access(file, F_OK)) return 0;
    return !atomic_exchange(&has_failed, 1);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    if (fails(__builtin_return_address(0))) {
        errno = EINVAL;
        return -1;
    }
    return ((__typeof__(&clock_gettime))dlsym(RTLD_NEXT, "clock_gettime"))(clock, now);
}
