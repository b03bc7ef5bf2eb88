/* timed: runs a command once and says what it cost.
 *
 *     timed OUTPUT COMMAND ARGUMENT…       one line: user s, system s, wall s, peak KiB, exit
 * status
 *
 * The command's stdout goes to the file OUTPUT. Figures are the kernel's (wait4). */
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void run(const char *output, char **command)
{
    int fd = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0) {
        perror(output);
        _exit(127);
    }
    close(fd);
    execvp(command[0], command);
    perror(command[0]);
    _exit(127);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fputs("usage: timed OUTPUT COMMAND ARGUMENT…\n", stderr);
        return 2;
    }
    double start = now();
    pid_t child = fork();
    if (child == 0) {
        run(argv[1], argv + 2);
    }
    int status;
    struct rusage usage;
    if (child < 0 || wait4(child, &status, 0, &usage) < 0) {
        perror("timed");
        return 1;
    }
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    printf("%.4f\t%.4f\t%.4f\t%lld\t%d\n", seconds(usage.ru_utime), seconds(usage.ru_stime),
           now() - start, (long long)usage.ru_maxrss, code);
    return code != 0;
}
