/* crc32c: the Castagnoli checksum (RFC 3720, appendix B.4) of what is kept on disk. */
#ifndef ENGINE_BASE_CRC32C_H
#define ENGINE_BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Continues `crc`, which is 0 at first: crc32c(crc32c(0, a), b) is the checksum of a and b. */
uint32_t crc32c(uint32_t crc, const void *at, size_t len);

/* The same without instructions for it: for machines that have none, and for the test that
 * compares. */
uint32_t crc32c_plain(uint32_t crc, const void *at, size_t len);

#endif
