/* shell: the program: reads the command line and does what it says.
 *
 *     return shell_main(argc, argv);        // an exit code of exactly-once.md §7
 */
#ifndef SHELL_SHELL_H
#define SHELL_SHELL_H

int shell_main(int argc, char **argv);

#endif
