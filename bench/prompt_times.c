/* prompt_times: how long a person waits for the interactive shell, on a pseudo-terminal.
 *
 *     prompt_times RUNS PROGRAM      lines "what, smallest, median, largest", in milliseconds:
 *                                    from start to prompt; from Ctrl-C in a query to prompt
 *
 * TERM and HOME are the caller's. CPU time is of a whole session without a query, as the kernel
 * counts it (wait4). */
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { RUNS_MAX = 1000, SEEN_BYTES = 1 << 16, GIVE_UP_MS = 10000 };

static double now_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

/* Reads until `text` has come; what came before is forgotten. */
static void wait_for(int terminal, const char *text)
{
    char seen[SEEN_BYTES];
    size_t n = 0;
    seen[0] = '\0';
    while (strstr(seen, text) == NULL) {
        struct pollfd wanted = {.fd = terminal, .events = POLLIN};
        n = n > SEEN_BYTES / 2 ? 0 : n; /* only the newest matters */
        ssize_t more =
            poll(&wanted, 1, GIVE_UP_MS) > 0 ? read(terminal, seen + n, SEEN_BYTES / 2 - 1) : -1;
        if (more <= 0) {
            fprintf(stderr, "prompt_times: \"%s\" does not come\n", text);
            exit(1);
        }
        n += (size_t)more;
        seen[n] = '\0';
    }
}

static void type(int terminal, const char *text)
{
    if (write(terminal, text, strlen(text)) < 0) {
        perror("prompt_times");
        exit(1);
    }
}

static double cpu_ms(const struct rusage *usage)
{
    return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1e3 +
           (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e3;
}

/* One session: its waits, and the CPU time of all of it. */
static void run(char *program, double *start, double *interrupt, double *cpu)
{
    int terminal;
    struct rusage usage;
    struct winsize size = {.ws_row = 24, .ws_col = 80};
    double began = now_ms();
    pid_t child = forkpty(&terminal, NULL, NULL, &size);
    if (child == 0) {
        execl(program, program, (char *)NULL);
        _exit(127);
    }
    wait_for(terminal, "tr> ");
    *start = now_ms() - began;
    if (interrupt != NULL) {
        type(terminal, "SELECT kind, count(*) FROM 'gen://atm?rate=2000' FORMAT csv GROUP BY kind "
                       "EMIT CHANGES;\n");
        wait_for(terminal, "Ctrl-C stops");
        double pressed = now_ms();
        type(terminal, "\x03");
        wait_for(terminal, "tr> ");
        *interrupt = now_ms() - pressed;
    }
    type(terminal, "\x04");
    wait4(child, NULL, 0, &usage);
    *cpu = cpu_ms(&usage);
    close(terminal);
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;
    return (left > right) - (left < right);
}

static void say(const char *what, double *values, int n)
{
    qsort(values, (size_t)n, sizeof *values, compare);
    printf("%s\t%.1f\t%.1f\t%.1f\n", what, values[0], values[n / 2], values[n - 1]);
}

int main(int argc, char **argv)
{
    double start[RUNS_MAX];
    double interrupt[RUNS_MAX];
    double cpu[RUNS_MAX];
    double ignored;
    int runs = argc == 3 ? (int)strtol(argv[1], NULL, 10) : 0;
    if (runs < 1 || runs > RUNS_MAX) {
        fprintf(stderr, "usage: prompt_times RUNS PROGRAM, at most %d runs\n", RUNS_MAX);
        return 2;
    }
    for (int i = 0; i < runs; i++) {
        run(argv[2], &start[i], NULL, &cpu[i]);
    }
    for (int i = 0; i < runs; i++) {
        run(argv[2], &ignored, &interrupt[i], &ignored);
    }
    say("start to prompt", start, runs);
    say("start, prompt, Ctrl-D: CPU time", cpu, runs);
    say("Ctrl-C to prompt", interrupt, runs);
    return 0;
}
