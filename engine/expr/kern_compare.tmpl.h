/* kern_compare.tmpl: the compare loops of one number type, for kern_compare.c. Each writes a byte
 * of 0 or 1 for a row, which the vectoriser understands; bits_pack makes bits of them. Parameters,
 * undefined at the end:
 *
 *   T            int64_t or double
 *   NAME(op)     how the loops are called
 *   SAME(a, b)   the values are equal
 *   LESS(a, b)   a is smaller
 *
 * Both are expressions without branches. The other comparisons are these with sides swapped or the
 * bits turned round. */

HOT_CLONES
static void NAME(equal_columns)(const T *restrict a, const T *restrict b, uint32_t n,
                                uint8_t *restrict out)
{
    for (uint32_t i = 0; i < n; i++) {
        out[i] = SAME(a[i], b[i]);
    }
}

HOT_CLONES
static void NAME(less_columns)(const T *restrict a, const T *restrict b, uint32_t n,
                               uint8_t *restrict out)
{
    for (uint32_t i = 0; i < n; i++) {
        out[i] = LESS(a[i], b[i]);
    }
}

HOT_CLONES
static void NAME(equal_constant)(const T *restrict a, T b, uint32_t n, uint8_t *restrict out)
{
    for (uint32_t i = 0; i < n; i++) {
        out[i] = SAME(a[i], b);
    }
}

HOT_CLONES
static void NAME(less_constant)(const T *restrict a, T b, uint32_t n, uint8_t *restrict out)
{
    for (uint32_t i = 0; i < n; i++) {
        out[i] = LESS(a[i], b);
    }
}

HOT_CLONES
static void NAME(more_constant)(const T *restrict a, T b, uint32_t n, uint8_t *restrict out)
{
    for (uint32_t i = 0; i < n; i++) {
        out[i] = LESS(b, a[i]);
    }
}

static void NAME(compare)(enum comparison what, const T *a, const struct column *other, uint32_t n,
                          uint8_t *out)
{
    const T *b = other->values;
    if (n == 0) {
        return;
    }
    switch (what) {
    case COMPARE_EQUAL:
        if (other->is_constant) {
            NAME(equal_constant)(a, b[0], n, out);
        } else {
            NAME(equal_columns)(a, b, n, out);
        }
        break;
    case COMPARE_LESS:
        if (other->is_constant) {
            NAME(less_constant)(a, b[0], n, out);
        } else {
            NAME(less_columns)(a, b, n, out);
        }
        break;
    case COMPARE_MORE:
        if (other->is_constant) {
            NAME(more_constant)(a, b[0], n, out);
        } else {
            NAME(less_columns)(b, a, n, out);
        }
        break;
    }
}

#undef T
#undef NAME
#undef SAME
#undef LESS
