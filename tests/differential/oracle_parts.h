/* oracle_parts: what the files of the oracle share. oracle.c has the data, oracle_windows.c decides
 * which rows belong to which windows, oracle_question.c asks. */
#ifndef TESTS_DIFFERENTIAL_ORACLE_PARTS_H
#define TESTS_DIFFERENTIAL_ORACLE_PARTS_H

#include <sqlite3.h>

#include "tests/differential/oracle.h"

struct oracle {
    sqlite3 *db;
    enum oracle_fault fault;
    uint32_t n;        /* rows */
    int64_t watermark; /* behind the last of them */
    struct bytebuf sql;
};

void oracle_run(struct oracle *oracle, const char *sql);
sqlite3_stmt *oracle_prepare(struct oracle *oracle, const char *sql);
/* True if there is a row. */
bool oracle_step(struct oracle *oracle, sqlite3_stmt *statement);

/* Fills the table win, and step for alerts. */
void oracle_windows(struct oracle *oracle, const struct question *question);
/* Appends the condition of WHERE, if there is one, behind `before`. */
void oracle_add_where(struct oracle *oracle, const struct question *question, const char *before);

/* Sets oracle->sql to the question. Columns: w, then those of the result. */
void oracle_ask(struct oracle *oracle, const struct question *question);

#endif
