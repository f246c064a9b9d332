// The notation of the transcripts: bytes as one readable word, and back. And what a transcript does
// to bytes without the library.

#ifndef PLASMID_TEST_WORDS_H
#define PLASMID_TEST_WORDS_H

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  uint8_t *data;
  size_t len;
} bytes;

// Stop: the transcript is at fault.
void fault(const char *what, const char *word);

// Room for `len` bytes, which is never NULL.
static bytes bytes_new(size_t len) {
  bytes made = {malloc(len + 1), len};
  if (!made.data) abort();
  return made;
}

static bytes bytes_copy(const void *data, size_t len) {
  bytes made = bytes_new(len);
  if (len > 0) memcpy(made.data, data, len);
  return made;
}

static uint64_t number(const char *word) {
  char *end = NULL;
  const uint64_t value = strtoull(word, &end, 10);
  if (!isdigit((unsigned char)*word) || *end) fault("not a number", word);
  return value;
}

static uint8_t hex_byte(const char *digits) {
  if (!isxdigit((unsigned char)digits[0]) || !isxdigit((unsigned char)digits[1]))
    fault("not hex", digits);
  const char pair[3] = {digits[0], digits[1], 0};
  return (uint8_t)strtoul(pair, NULL, 16);
}

// The bytes that a word stands for.
static bytes word_parse(const char *word) {
  if (strcmp(word, "\"\"") == 0) return bytes_new(0);
  // The last `\*` begins the count of repetitions.
  size_t end = strlen(word), times = 1;
  for (const char *star = strstr(word, "\\*"); star; star = strstr(star + 1, "\\*")) {
    end = (size_t)(star - word);
    times = (size_t)number(star + 2);
  }
  bytes once = bytes_new(end);
  once.len = 0;
  for (size_t at = 0; at < end; at++) {
    const char c = word[at];
    if (c != '\\') {
      if (!isgraph((unsigned char)c) || c == '"' || c == '$') fault("a byte to be escaped", word);
      once.data[once.len++] = (uint8_t)c;
    } else {
      if (at + 3 >= end || word[at + 1] != 'x') fault("bad escape", word);
      once.data[once.len++] = hex_byte(word + at + 2);
      at += 3;
    }
  }
  bytes all = bytes_new(once.len * times);
  for (size_t i = 0; i < times; i++) memcpy(all.data + i * once.len, once.data, once.len);
  free(once.data);
  return all;
}

static void print_byte(FILE *out, uint8_t byte) {
  if (byte <= 0x20 || byte > 0x7e || byte == '"' || byte == '$' || byte == '\\')
    fprintf(out, "\\x%02x", byte);
  else
    fputc(byte, out);
}

// Print the word that stands for `len` bytes.
static void word_print(FILE *out, const uint8_t *data, size_t len) {
  size_t same = 0;
  while (same < len && data[same] == data[0]) same++;
  if (len == 0) {
    fputs("\"\"", out);
  } else if (len > 32 && same == len) {
    print_byte(out, data[0]);
    fprintf(out, "\\*%zu", len);
  } else {
    for (size_t at = 0; at < len; at++) print_byte(out, data[at]);
  }
}

// CRC-32C, bit by bit: the reflected polynomial 0x82f63b78.
static uint32_t crc32c(const uint8_t *data, size_t len) {
  uint32_t crc = UINT32_MAX;
  for (size_t at = 0; at < len; at++) {
    crc ^= data[at];
    for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (crc & 1 ? UINT32_C(0x82f63b78) : 0);
  }
  return ~crc;
}

// Replace the last four bytes by the checksum of all before them.
static void mend(bytes message) {
  if (message.len < 4) fault("too short to mend", "");
  const uint32_t crc = crc32c(message.data, message.len - 4);
  for (int i = 0; i < 4; i++) message.data[message.len - 4 + (size_t)i] = (uint8_t)(crc >> (8 * i));
}

#endif
