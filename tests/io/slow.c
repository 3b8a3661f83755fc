/* A stand-in for a file system that fetches a file when it is first opened: preloaded into a process, it makes the first open of each file
   whose path holds "/cold/" take SLOW_OPEN_MS, and everybody else who opens it meanwhile wait until it is there. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FILES = 256 };
static struct { char path[512]; double there; } known[FILES];
static int count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

static void fetch(const char *path) {
    const char *text = getenv("SLOW_OPEN_MS");
    if (!text || !strstr(path, "/cold/") || strlen(path) >= sizeof known[0].path) return;
    double there = 0;
    pthread_mutex_lock(&lock);
    int at = 0;
    while (at < count && strcmp(known[at].path, path)) at++;
    if (at == count && count < FILES) {
        strcpy(known[count].path, path);
        known[count++].there = now() + atof(text) * 1e-3;
    }
    if (at < FILES) there = known[at].there;
    pthread_mutex_unlock(&lock);
    double wait = there - now();
    if (wait > 0) {
        struct timespec t = {(time_t)wait, (long)((wait - (time_t)wait) * 1e9)};
        nanosleep(&t, NULL);
    }
}

static mode_t mode_of(int flags, va_list rest) { return flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; }

int open64(const char *path, int flags, ...) {
    static int (*real)(const char *, int, ...);
    if (!real) real = dlsym(RTLD_NEXT, "open64");
    va_list rest;
    va_start(rest, flags);
    mode_t mode = mode_of(flags, rest);
    va_end(rest);
    if (!(flags & O_DIRECTORY)) fetch(path);
    return real(path, flags, mode);
}

int open(const char *path, int flags, ...) {
    static int (*real)(const char *, int, ...);
    if (!real) real = dlsym(RTLD_NEXT, "open");
    va_list rest;
    va_start(rest, flags);
    mode_t mode = mode_of(flags, rest);
    va_end(rest);
    if (!(flags & O_DIRECTORY)) fetch(path);
    return real(path, flags, mode);
}
