/* sqlite_floor: the yardstick of the SQLite sink: the rows of a bank file into a table through one
 * prepared statement, as a program would that does nothing else. Same table, same settings and same
 * size of a transaction as tailrace has without a checkpoint; validates nothing.
 *
 *     sqlite_floor bank.csv out.db
 */
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 5, LINE_BYTES = 4096, ROWS_PER_COMMIT = 300000 };

static void run(sqlite3 *db, const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) {
        fprintf(stderr, "sqlite_floor: %s: %s\n", sql, sqlite3_errmsg(db));
        exit(1);
    }
}

/* Cuts the line at its commas; NULL where there are no more. */
static void split(char *line, char **fields)
{
    for (int i = 0; i < COLUMNS; i++) {
        fields[i] = line;
        line = line != NULL ? strchr(line, ',') : NULL;
        if (line != NULL) {
            *line++ = 0;
        }
    }
}

/* ts,account,card,atm,kind,amount,city: all but kind and city. */
static void insert(sqlite3 *db, sqlite3_stmt *statement, char *line)
{
    char *fields[COLUMNS];
    split(line, fields);
    const char *amount = fields[COLUMNS - 1] + strlen(fields[COLUMNS - 1]) + 1;
    char *fraction = strstr(fields[0], ".000Z");
    if (fraction != NULL) {
        fraction[0] = 'Z';
        fraction[1] = 0;
    }
    for (int i = 0; i < 4; i++) {
        sqlite3_bind_text(statement, i + 1, fields[i], -1, SQLITE_STATIC);
    }
    sqlite3_bind_double(statement, COLUMNS, strtod(amount, NULL));
    if (sqlite3_step(statement) != SQLITE_DONE) {
        fprintf(stderr, "sqlite_floor: %s\n", sqlite3_errmsg(db));
        exit(1);
    }
    sqlite3_reset(statement);
}

static void copy_rows(sqlite3 *db, FILE *file)
{
    char line[LINE_BYTES];
    sqlite3_stmt *statement;
    int rows = 0;
    run(db, "BEGIN");
    if (sqlite3_prepare_v2(db, "INSERT INTO t VALUES (?, ?, ?, ?, ?)", -1, &statement, NULL) !=
        SQLITE_OK) {
        fprintf(stderr, "sqlite_floor: %s\n", sqlite3_errmsg(db));
        exit(1);
    }
    while (fgets(line, sizeof line, file) != NULL) {
        insert(db, statement, line);
        if (++rows % ROWS_PER_COMMIT == 0) {
            run(db, "COMMIT; BEGIN");
        }
    }
    run(db, "COMMIT");
    sqlite3_finalize(statement);
}

int main(int argc, char **argv)
{
    sqlite3 *db;
    char names[LINE_BYTES];
    bool full = argc == 4 && strcmp(argv[3], "full") == 0;
    FILE *file = argc == 3 || full ? fopen(argv[1], "r") : NULL;
    if (file == NULL || fgets(names, sizeof names, file) == NULL) {
        fprintf(stderr, "usage: sqlite_floor bank.csv out.db [full]\n");
        return 2;
    }
    if (sqlite3_open(argv[2], &db) != SQLITE_OK) {
        fprintf(stderr, "sqlite_floor: %s\n", sqlite3_errmsg(db));
        return 1;
    }
    run(db, "PRAGMA journal_mode = WAL");
    run(db, full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
    run(db, "CREATE TABLE t (ts TEXT, account TEXT, card TEXT, atm TEXT, amount DECIMAL(12,2))");
    copy_rows(db, file);
    sqlite3_close(db);
    fclose(file);
    return 0;
}
