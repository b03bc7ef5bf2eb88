/* float_digits: the shortest decimal that reads back as a given double. */
#ifndef ENGINE_BASE_FLOAT_DIGITS_H
#define ENGINE_BASE_FLOAT_DIGITS_H

/* d.ddd × 10^exponent, the last digit not 0. */
struct float_digits {
    char digits[32]; /* n of them; room for text_write_u64 */
    int n;
    int exponent;
};

/* Of a finite value above 0. Among the decimals with the fewest digits that read back as `value`,
 * one that is nearest to it. */
void float_digits_find(double value, struct float_digits *out);

#endif
