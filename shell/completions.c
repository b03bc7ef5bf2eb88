/* completions: see completions.h. */
#include "shell/completions.h"

#include <string.h>

#include "shell/command_line.h"

static void add_choices(struct bytebuf *out, const char *const *choices)
{
    for (const char *const *word = choices; *word != NULL; word++) {
        bytebuf_printf(out, "%s%s", word == choices ? "" : " ", *word);
    }
}

/* Where no command is named, -c and -f and what goes with them may stand. */
static bool belongs(const struct option_row *option, const struct command_row *command)
{
    return command->name != NULL ? option_belongs(option, command->id)
                                 : option_belongs(option, COMMAND_SQL);
}

static bool is_shown(const struct command_row *command)
{
    return command->name != NULL || command->id == COMMAND_SHELL;
}

/* ---- bash ------------------------------------------------------------------------------------ */

/* "--file|-f" */
static void add_names(struct bytebuf *out, const struct option_row *option, const char *between)
{
    bytebuf_add_text(out, option->name);
    if (option->letter != 0) {
        bytebuf_printf(out, "%s-%c", between, option->letter);
    }
}

static void bash_word(struct bytebuf *out, const struct word *word)
{
    switch (word->kind) {
    case WORD_FREE:
        break;
    case WORD_FILE:
        bytebuf_add_text(out, "mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")");
        break;
    case WORD_FOLDER:
        bytebuf_add_text(out, "mapfile -t COMPREPLY < <(compgen -d -- \"$cur\")");
        break;
    case WORD_CHOICE:
        bytebuf_add_text(out, "mapfile -t COMPREPLY < <(compgen -W '");
        add_choices(out, word->choices);
        bytebuf_add_text(out, "' -- \"$cur\")");
        break;
    }
}

/* Options whose next word is theirs. */
static void bash_values(struct bytebuf *out)
{
    const struct option_row *option;
    bool is_first = true;
    for (uint32_t i = 0; (option = option_at(i)) != NULL; i++) {
        if (option->value != NULL) {
            bytebuf_add_text(out, is_first ? "" : "|");
            add_names(out, option, "|");
            is_first = false;
        }
    }
}

static void bash_value_cases(struct bytebuf *out)
{
    const struct option_row *option;
    bytebuf_add_text(out, "    case $option in\n");
    for (uint32_t i = 0; (option = option_at(i)) != NULL; i++) {
        if (option->value != NULL) {
            bytebuf_add_text(out, "    ");
            add_names(out, option, " | ");
            bytebuf_add_text(out, ") ");
            bash_word(out, &option->value_word);
            bytebuf_add_text(out, option->value_word.kind == WORD_FREE ? "return ;;\n"
                                                                       : "; return ;;\n");
        }
    }
    bytebuf_add_text(out, "    esac\n");
}

static void bash_operand(struct bytebuf *out, const char *place, const struct word *word)
{
    if (word->kind != WORD_FREE) {
        bytebuf_printf(out, "        if ((%s)) && [[ $cur != -* ]]; then ", place);
        bash_word(out, word);
        bytebuf_add_text(out, "; fi\n");
    }
}

static void bash_command_cases(struct bytebuf *out)
{
    const struct command_row *command;
    const struct option_row *option;
    bytebuf_add_text(out, "    case $command in\n");
    for (uint32_t i = 0; (command = command_at(i)) != NULL; i++) {
        if (!is_shown(command)) {
            continue;
        }
        bytebuf_printf(out, "    %s)\n        words='",
                       command->name != NULL ? command->name : "''");
        for (uint32_t k = 0; (option = option_at(k)) != NULL; k++) {
            if (belongs(option, command)) {
                add_names(out, option, " ");
                bytebuf_add_byte(out, ' ');
            }
        }
        bytebuf_add_text(out, "'\n");
        bash_operand(out, "n == 0", &command->operand_word);
        bash_operand(out, "n > 0", &command->next_word);
        bytebuf_add_text(out, "        ;;\n");
    }
    bytebuf_add_text(out, "    esac\n");
}

static void bash_commands(struct bytebuf *out)
{
    const struct command_row *command;
    for (uint32_t i = 0; (command = command_at(i)) != NULL; i++) {
        if (command->name != NULL) {
            bytebuf_printf(out, "%s ", command->name);
        }
    }
}

/* bash takes "--output=csv" apart at the "=". */
static void print_bash(struct bytebuf *out)
{
    bytebuf_add_text(out,
                     "# bash completion for tailrace, printed by: tailrace completions bash\n"
                     "_tailrace() {\n"
                     "    local cur=${COMP_WORDS[COMP_CWORD]} option= command= words= i n=0\n"
                     "    COMPREPLY=()\n"
                     "    if ((COMP_CWORD > 0)); then option=${COMP_WORDS[COMP_CWORD - 1]}; fi\n"
                     "    if [[ $cur == '=' ]]; then\n"
                     "        cur=\n"
                     "    elif [[ $option == '=' ]]; then\n"
                     "        option=${COMP_WORDS[COMP_CWORD - 2]}\n"
                     "    fi\n"
                     "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
                     "        case ${COMP_WORDS[i]} in\n"
                     "        ");
    bash_values(out);
    bytebuf_add_text(
        out, ")\n"
             "            if [[ ${COMP_WORDS[i + 1]} == '=' ]]; then ((i++)); fi\n"
             "            ((i++))\n"
             "            ;;\n"
             "        -*) ;;\n"
             "        *) if [[ -z $command ]]; then command=${COMP_WORDS[i]}; else ((n++)); fi ;;\n"
             "        esac\n"
             "    done\n");
    bash_value_cases(out);
    bash_command_cases(out);
    bytebuf_add_text(out, "    if [[ -z $command && $cur != -* ]]; then words='");
    bash_commands(out);
    bytebuf_add_text(out,
                     "'; fi\n"
                     "    if ((${#COMPREPLY[@]} == 0)) && [[ -z $command || $cur == -* ]]; then\n"
                     "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
                     "    fi\n"
                     "}\n"
                     "complete -o filenames -F _tailrace tailrace\n");
}

/* ---- zsh ------------------------------------------------------------------------------------- */

/* In single quotes, and with what _arguments would take for its own escaped. */
static void zsh_text(struct bytebuf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (strchr("[]:\\", *text) != NULL) {
            bytebuf_add_byte(out, '\\');
        }
        bytebuf_add_text(out, *text == '\'' ? "'\\'" : "");
        bytebuf_add_byte(out, (uint8_t)*text);
    }
}

static void zsh_word(struct bytebuf *out, const char *name, const struct word *word)
{
    bytebuf_add_byte(out, ':');
    zsh_text(out, name);
    switch (word->kind) {
    case WORD_FREE:
        bytebuf_add_text(out, ": ");
        break;
    case WORD_FILE:
        bytebuf_add_text(out, ":_files");
        break;
    case WORD_FOLDER:
        bytebuf_add_text(out, ":_files -/");
        break;
    case WORD_CHOICE:
        bytebuf_add_text(out, ":(");
        add_choices(out, word->choices);
        bytebuf_add_byte(out, ')');
        break;
    }
}

static void zsh_option(struct bytebuf *out, const char *name, const struct option_row *option)
{
    bytebuf_printf(out, "        '%s%s[", name,
                   option->value == NULL ? ""
                   : name[1] == '-'      ? "="
                                         : "+");
    zsh_text(out, option->summary);
    bytebuf_add_byte(out, ']');
    if (option->value != NULL) {
        zsh_word(out, option->value, &option->value_word);
    }
    bytebuf_add_text(out, "' \\\n");
}

static void zsh_command(struct bytebuf *out, const struct command_row *command)
{
    const struct option_row *option;
    bytebuf_printf(out, "    %s)\n        _arguments \\\n",
                   command->name != NULL ? command->name : "*");
    for (uint32_t i = 0; (option = option_at(i)) != NULL; i++) {
        if (belongs(option, command)) {
            char letter[] = {'-', option->letter, '\0'};
            zsh_option(out, option->name, option);
            if (option->letter != 0) {
                zsh_option(out, letter, option);
            }
        }
    }
    if (command->name == NULL) {
        bytebuf_add_text(out, "        '1:command:->commands' && return\n"
                              "        [[ $state == commands ]] && _describe command commands\n"
                              "        ;;\n");
        return;
    }
    bytebuf_add_text(out, "        '1: :'");
    if (command->operand != NULL) {
        bytebuf_add_text(out, " \\\n        '2");
        zsh_word(out, command->operand, &command->operand_word);
        bytebuf_add_byte(out, '\'');
    }
    if (command->operands_max > 1) {
        bytebuf_add_text(out, " \\\n        '*");
        zsh_word(out, command->operand, &command->next_word);
        bytebuf_add_byte(out, '\'');
    }
    bytebuf_add_text(out, "\n        ;;\n");
}

static void print_zsh(struct bytebuf *out)
{
    const struct command_row *command;
    bytebuf_add_text(out, "#compdef tailrace\n"
                          "# zsh completion for tailrace, printed by: tailrace completions zsh\n"
                          "_tailrace() {\n"
                          "    local state line\n"
                          "    local -a commands\n"
                          "    commands=(\n");
    for (uint32_t i = 0; (command = command_at(i)) != NULL; i++) {
        if (command->name != NULL) {
            bytebuf_printf(out, "        '%s:", command->name);
            zsh_text(out, command->summary);
            bytebuf_add_text(out, "'\n");
        }
    }
    bytebuf_add_text(out, "    )\n"
                          "    case $words[2] in\n");
    for (uint32_t i = 0; (command = command_at(i)) != NULL; i++) {
        if (command->name != NULL) {
            zsh_command(out, command);
        }
    }
    zsh_command(out, command_at(COMMAND_SHELL));
    bytebuf_add_text(out, "    esac\n"
                          "}\n"
                          "if [[ $funcstack[1] == _tailrace ]]; then\n"
                          "    _tailrace \"$@\"\n"
                          "else\n"
                          "    compdef _tailrace tailrace\n"
                          "fi\n");
}

/* ---- fish ------------------------------------------------------------------------------------ */

static void fish_text(struct bytebuf *out, const char *text)
{
    bytebuf_add_byte(out, '\'');
    for (; *text != '\0'; text++) {
        bytebuf_add_text(out, *text == '\'' || *text == '\\' ? "\\" : "");
        bytebuf_add_byte(out, (uint8_t)*text);
    }
    bytebuf_add_byte(out, '\'');
}

static void fish_word(struct bytebuf *out, const struct word *word)
{
    switch (word->kind) {
    case WORD_FREE:
        break;
    case WORD_FILE:
        bytebuf_add_text(out, " -F");
        break;
    case WORD_FOLDER:
        bytebuf_add_text(out, " -a '(__fish_complete_directories)'");
        break;
    case WORD_CHOICE:
        bytebuf_add_text(out, " -a '");
        add_choices(out, word->choices);
        bytebuf_add_byte(out, '\'');
        break;
    }
}

/* Under which commands the option may stand. */
static void fish_condition(struct bytebuf *out, const struct option_row *option)
{
    const struct command_row *command;
    bytebuf_add_text(out, " -n '");
    bool is_bare = option_belongs(option, COMMAND_SQL);
    bytebuf_add_text(out, is_bare ? "__fish_use_subcommand" : "");
    bool is_first = true;
    for (uint32_t i = 0; (command = command_at(i)) != NULL; i++) {
        if (command->name != NULL && option_belongs(option, command->id)) {
            bytebuf_add_text(out, !is_first ? " "
                                  : is_bare ? "; or __fish_seen_subcommand_from "
                                            : "__fish_seen_subcommand_from ");
            bytebuf_add_text(out, command->name);
            is_first = false;
        }
    }
    bytebuf_add_byte(out, '\'');
}

static void fish_option(struct bytebuf *out, const struct option_row *option)
{
    bytebuf_add_text(out, "complete -c tailrace");
    fish_condition(out, option);
    bytebuf_printf(out, " -l %s", option->name + 2);
    if (option->letter != 0) {
        bytebuf_printf(out, " -s %c", option->letter);
    }
    bytebuf_add_text(out, option->value != NULL ? " -r" : "");
    if (option->value != NULL) {
        fish_word(out, &option->value_word);
    }
    bytebuf_add_text(out, " -d ");
    fish_text(out, option->summary);
    bytebuf_add_byte(out, '\n');
}

static void fish_command(struct bytebuf *out, const struct command_row *command)
{
    bytebuf_printf(out, "complete -c tailrace -n __fish_use_subcommand -a %s -d ", command->name);
    fish_text(out, command->summary);
    bytebuf_add_byte(out, '\n');
    const struct word *first = &command->operand_word;
    if (first->kind != WORD_FREE) {
        bytebuf_printf(out, "complete -c tailrace -n '__fish_seen_subcommand_from %s'",
                       command->name);
        fish_word(out, first);
        bytebuf_add_byte(out, '\n');
    }
    if (first->kind == WORD_CHOICE && command->operands_max > 1) {
        bytebuf_printf(out,
                       "complete -c tailrace -n '__fish_seen_subcommand_from %s; and "
                       "__fish_seen_subcommand_from ",
                       command->name);
        add_choices(out, first->choices);
        bytebuf_add_byte(out, '\'');
        fish_word(out, &command->next_word);
        bytebuf_add_byte(out, '\n');
    }
}

static void print_fish(struct bytebuf *out)
{
    const struct command_row *command;
    const struct option_row *option;
    bytebuf_add_text(out, "# fish completion for tailrace, printed by: tailrace completions fish\n"
                          "complete -c tailrace -f\n");
    for (uint32_t i = 0; (command = command_at(i)) != NULL; i++) {
        if (command->name != NULL) {
            fish_command(out, command);
        }
    }
    for (uint32_t i = 0; (option = option_at(i)) != NULL; i++) {
        fish_option(out, option);
    }
}

/* ---------------------------------------------------------------------------------------------- */

bool completions_print(struct bytebuf *out, const char *shell)
{
    static const struct {
        const char *name;
        void (*print)(struct bytebuf *out);
    } printers[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};
    for (size_t i = 0; i < sizeof printers / sizeof *printers; i++) {
        if (strcmp(printers[i].name, shell) == 0) {
            printers[i].print(out);
            return true;
        }
    }
    return false;
}
