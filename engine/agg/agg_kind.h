/* agg_kind: what an aggregate is made of, for this room and its tests. Two tables of functions:
 *
 *   struct agg_state   how rows become state: add, merge, save. It knows no result.
 *   struct agg_kind    a name of the language: what it takes, which state it needs for each
 *                      physical type, and how its result is read off that state.
 *
 * The split is what lets calls share state: sum(x) and avg(x) are two kinds over one state,
 * median(x), top_k(x, 3) and count(DISTINCT x) three kinds over one bag. A set (agg_set.c) lays out
 * one *part* of the cell for each different (state, argument).
 *
 * Rules for a state. All-zero bytes are the empty state, and releasing makes them so again. Nothing
 * may depend on where a batch is cut: adding rows in one call or in many gives the same bits. Merge
 * is mandatory; inverse and retract stand together, and only where they are exact. What a cell owns
 * outside itself comes from mem.h, and every byte of it is counted in *part->owned_bytes. */
#ifndef ENGINE_AGG_AGG_KIND_H
#define ENGINE_AGG_AGG_KIND_H

#include "engine/agg/agg.h"

/* Hot loops are written once and specialised by constant arguments. */
#define AGG_INLINE static inline __attribute__((always_inline))

/* The argument of count(*). */
#define AGG_NO_COLUMN UINT32_MAX

enum {
    AGG_TOP_K_MAX = 1000,          /* values that top_k lists */
    AGG_TEXT_BYTES_MAX = 16 << 20, /* a text result; a longer one is NULL and counts as an error */
    AGG_SKETCH_BINS_MAX = 4096,    /* bins of approx_percentile before it gets coarser */
    AGG_HLL_PRECISION = 12,        /* log2 of the registers of approx_count_distinct */
};

struct agg_state;

/* One state of a set: where it lies in each cell, and what it reads. */
struct agg_part {
    const struct agg_state *state;
    uint32_t offset;     /* in the cell, a multiple of 8 */
    uint32_t arg;        /* column, or AGG_NO_COLUMN */
    int time_column;     /* -1: arrival order alone */
    struct type type;    /* of the argument */
    size_t *owned_bytes; /* the set's counter */
};

/* What a part sees of a batch. */
struct agg_rows {
    uint32_t n;
    const struct column *arg;  /* NULL for count(*) */
    const struct column *time; /* NULL: arrival order alone */
    uint64_t first_row;
};

struct agg_state {
    const char *name;
    uint32_t bytes;  /* in the cell, a multiple of 8 */
    bool reads_time; /* two calls share it only if they go by the same time column */

    void (*add_many)(const struct agg_part *part, uint8_t *const *cells,
                     const struct agg_rows *rows);
    void (*add_run)(const struct agg_part *part, uint8_t *cell, const struct agg_rows *rows);
    /* into[i] := into[i] + from[i]. */
    void (*merge_many)(const struct agg_part *part, uint8_t *const *into, uint8_t *const *from,
                       uint32_t n);
    /* into[i] := into[i] - from[i]. May be NULL, meaning that there is no exact way. */
    void (*inverse_many)(const struct agg_part *part, uint8_t *const *into, uint8_t *const *from,
                         uint32_t n);
    /* The opposite of add_many. NULL together with inverse_many. */
    void (*retract_many)(const struct agg_part *part, uint8_t *const *cells,
                         const struct agg_rows *rows);
    /* Frees what the part owns and makes it empty. May be NULL, meaning that it owns nothing. */
    void (*release)(const struct agg_part *part, uint8_t *cell);
    void (*save)(const struct agg_part *part, const uint8_t *cell, struct bytebuf *out);
    /* Fills an empty part. False if the bytes are damaged; the part can be released then. */
    bool (*load)(const struct agg_part *part, uint8_t *cell, struct reader *in);
};

/* One call of a set: a view on a part. */
struct agg_result {
    struct agg_call call;
    const struct agg_part *part;
    uint32_t offset;  /* of this view in the cell: behind part->offset where states are fused */
    uint64_t *errors; /* the set's counter */
};

/* Which arguments an aggregate takes. */
enum agg_accepts {
    AGG_ANY,      /* every type as it is */
    AGG_SUMMABLE, /* BIGINT, DECIMAL, DOUBLE, INTERVAL as they are */
    AGG_DOUBLE,   /* BIGINT, DECIMAL, DOUBLE, cast to DOUBLE */
    AGG_BOOLEAN,
    AGG_TEXT, /* every type, cast to TEXT */
};

enum agg_param {
    AGG_NO_PARAM,
    AGG_HALF,      /* none written; 0.5 */
    AGG_FRACTION,  /* a number from 0 to 1 */
    AGG_HOW_MANY,  /* 1 to AGG_TOP_K_MAX */
    AGG_SEPARATOR, /* text */
};

/* What DISTINCT does to it. */
enum agg_distinct {
    AGG_DISTINCT_COUNTS,  /* duplicates matter: it gets a bag */
    AGG_DISTINCT_IDLE,    /* the result is the same without */
    AGG_DISTINCT_REFUSED, /* it would make no sense */
};

enum agg_result_type {
    AGG_GIVES_COUNT, /* BIGINT, never NULL */
    AGG_GIVES_SAME,  /* the argument's type */
    AGG_GIVES_SUM,   /* the same, DECIMAL with all its 18 digits */
    AGG_GIVES_MEAN,  /* DOUBLE; INTERVAL of INTERVAL */
    AGG_GIVES_DOUBLE,
    AGG_GIVES_TEXT,
};

enum { AGG_PHYSICALS = PHYSICAL_TEXT + 1 };

/* Results of n cells into rows 0 to n - 1 of `out`. */
typedef void agg_emit_fn(const struct agg_result *result, uint8_t *const *cells, uint32_t n,
                         struct column_out *out);

struct agg_kind {
    const char *name;
    const char *signature;
    const char *summary;
    enum agg_accepts accepts;
    enum agg_param param;
    enum agg_distinct distinct;
    enum agg_result_type result;
    const struct agg_state *states[AGG_PHYSICALS];
    agg_emit_fn *emit;
};

/* The registry in the order of agg.def; NULL behind the last. */
const struct agg_kind *agg_kind_at(uint32_t index);

/* The states. */
extern const struct agg_state agg_count_state;
extern const struct agg_state agg_sum_i64_state;
extern const struct agg_state agg_sum_f64_state;
extern const struct agg_state agg_range_i64_state;
extern const struct agg_state agg_range_f64_state;
extern const struct agg_state agg_summary_i64_state;
extern const struct agg_state agg_summary_f64_state;
extern const struct agg_state agg_tally_state;
extern const struct agg_state agg_least_text_state;
extern const struct agg_state agg_greatest_text_state;
extern const struct agg_state agg_moments_state;
extern const struct agg_state agg_bag_bit_state;
extern const struct agg_state agg_bag_i64_state;
extern const struct agg_state agg_bag_f64_state;
extern const struct agg_state agg_bag_text_state;
extern const struct agg_state agg_first_bit_state;
extern const struct agg_state agg_first_word_state;
extern const struct agg_state agg_first_text_state;
extern const struct agg_state agg_last_bit_state;
extern const struct agg_state agg_last_word_state;
extern const struct agg_state agg_last_text_state;
extern const struct agg_state agg_hll_bit_state;
extern const struct agg_state agg_hll_i64_state;
extern const struct agg_state agg_hll_f64_state;
extern const struct agg_state agg_hll_text_state;
extern const struct agg_state agg_sketch_state;
extern const struct agg_state agg_list_state;

/* How results are read off them. */
agg_emit_fn agg_count_emit;
agg_emit_fn agg_sum_emit;
agg_emit_fn agg_avg_emit;
agg_emit_fn agg_min_emit;
agg_emit_fn agg_max_emit;
agg_emit_fn agg_any_emit;
agg_emit_fn agg_every_emit;
agg_emit_fn agg_var_pop_emit;
agg_emit_fn agg_var_samp_emit;
agg_emit_fn agg_stddev_pop_emit;
agg_emit_fn agg_stddev_samp_emit;
agg_emit_fn agg_first_last_emit;
agg_emit_fn agg_percentile_emit;
agg_emit_fn agg_approx_count_emit;
agg_emit_fn agg_approx_percentile_emit;
agg_emit_fn agg_top_k_emit;
agg_emit_fn agg_string_agg_emit;

/* Physical type of what a part or a result reads. */
static inline enum physical agg_physical(struct type type)
{
    return type_physical(type);
}

/* Ones where row i counts, zeros where it is NULL: loops stay free of branches. */
static inline uint64_t agg_mask(const uint64_t *valid, uint32_t i)
{
    return -(valid[i >> 6] >> (i & 63) & 1);
}

#endif
