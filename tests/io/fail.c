/* A stand-in for a file system that fails: preloaded into a process, it makes the call that FAIL_CALL names (write, pwrite, fsync, flock) end with
   the error FAIL_ERRNO (a number) for every file whose path begins with FAIL_UNDER. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static int fails(const char *call, int fd) {
    const char *wanted = getenv("FAIL_CALL"), *under = getenv("FAIL_UNDER"), *error = getenv("FAIL_ERRNO");
    if (!wanted || !under || !error || strcmp(wanted, call)) return 0;
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    if (strncmp(path, under, strlen(under))) return 0;
    errno = atoi(error);
    return 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void *bytes, size_t count) { return fails("write", fd) ? -1 : REAL(write)(fd, bytes, count); }

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
    return fails("pwrite", fd) ? -1 : REAL(pwrite64)(fd, bytes, count, at);
}

ssize_t writev(int fd, const struct iovec *parts, int count) { return fails("write", fd) ? -1 : REAL(writev)(fd, parts, count); }

int fsync(int fd) { return fails("fsync", fd) ? -1 : REAL(fsync)(fd); }

int fdatasync(int fd) { return fails("fsync", fd) ? -1 : REAL(fdatasync)(fd); }

int flock(int fd, int operation) { return fails("flock", fd) ? -1 : REAL(flock)(fd, operation); }
