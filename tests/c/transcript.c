// An interpreter of tests/transcripts/*.txt, whose README describes the language, through the C ABI
// alone. It prints the transcript again with the output that came; whoever runs it compares. Files
// of hosts are in FOLDER, which is empty; with `durable` every host has one.

#define _POSIX_C_SOURCE 200809L  // open_memstream

#include "options.h"
#include "stage.h"
#include "talk.h"
#include "verbs.h"
#include "words.h"

static void new_end(const char *name, char **words, int count) {
  plasmid_host *host = host_called(words[0]);
  const int is_stream = strcmp(words[1], "create_stream") == 0;
  uint32_t end = 1, mode = PLASMID_PULL;
  for (int i = 2; i < count; i++) {
    if (strcmp(words[i], "end=false") == 0)
      end = 0;
    else if (strcmp(words[i], "mode=push-pull") == 0 && is_stream)
      mode = PLASMID_PUSH_PULL;
    else if (strcmp(words[i], "end=true") != 0 && strcmp(words[i], "mode=pull") != 0)
      fault("unknown option", words[i]);
  }
  named_end *place;
  FIND(ends, name, place);
  if (!place) FIND(ends, "", place);
  if (!place) fault("too many streams", name);
  plasmid_stream_free(place->stream);
  plasmid_exchange_free(place->exchange);
  memset(place, 0, sizeof *place);
  copy_name(place->name, name);
  copy_name(place->host, words[0]);
  if (is_stream) {
    OK(plasmid_stream_new(host, end, &place->stream));
    OK(plasmid_stream_set_mode(place->stream, mode));
  } else {
    OK(plasmid_exchange_new(host, end, &place->exchange));
  }
}

static void end_verb(named_end *end, const char *keep_as, char **words, int count) {
  const char *verb = words[1];
  bytes sent;
  uint32_t flag = 0;
  uint64_t rounds = 0;
  if (is(verb, "gossip", count, 2)) {
    OK(plasmid_stream_gossip(end->stream));
  } else if (is(verb, "receive", count, 3)) {
    end_receive(end, buffer_called(words[2]));
  } else if (strcmp(verb, "transmit") == 0) {
    if (end_transmit(end, optional(words, count, 2), &sent)) keep_and_measure(keep_as, sent);
  } else if (is(verb, "finished", count, 2)) {
    OK(end->stream ? plasmid_stream_is_finished(end->stream, &flag)
                   : plasmid_exchange_is_finished(end->exchange, &flag));
    say(flag ? "yes" : "no");
  } else if (is(verb, "rounds", count, 2)) {
    OK(end->stream ? plasmid_stream_rounds(end->stream, &rounds)
                   : plasmid_exchange_rounds(end->exchange, &rounds));
    say("%llu", (unsigned long long)rounds);
  } else {
    fault("not understood", verb);
  }
}

// Bytes made of words and other buffers.
static void edit(const char *keep_as, char **words, int count) {
  const char *verb = words[0];
  if (strcmp(verb, "hex") == 0) {
    bytes made = bytes_new(0);
    for (int i = 1; i < count; i++) {
      for (const char *digit = words[i]; *digit; digit += 2) {
        bytes longer = bytes_new(made.len + 1);
        memcpy(longer.data, made.data, made.len);
        longer.data[made.len] = hex_byte(digit);
        free(made.data);
        made = longer;
      }
    }
    keep_and_measure(keep_as, made);
  } else if (is(verb, "join", count, 3)) {
    const bytes a = buffer_called(words[1]), b = buffer_called(words[2]);
    bytes made = bytes_new(a.len + b.len);
    memcpy(made.data, a.data, a.len);
    memcpy(made.data + a.len, b.data, b.len);
    keep_and_measure(keep_as, made);
  } else {
    const bytes old = buffer_called(words[1]);
    bytes made = bytes_copy(old.data, old.len);
    if (is(verb, "cut", count, 3)) {
      made.len = (size_t)number(words[2]);
      if (made.len > old.len) fault("shorter than that", words[1]);
    } else if (is(verb, "flip", count, 4)) {
      const size_t offset = (size_t)number(words[2]);
      if (offset >= made.len) fault("shorter than that", words[1]);
      made.data[offset] ^= hex_byte(words[3]);
    } else if (is(verb, "mend", count, 2)) {
      mend(made);
    }
    keep(keep_as, made);
  }
}

static int is_edit(const char *word) {
  static const char *const verbs[] = {"hex", "join", "cut", "flip", "mend"};
  for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
    if (strcmp(word, verbs[i]) == 0) return 1;
  return 0;
}

static void command(const char *keep_as, char **words, int count) {
  const char *first = words[0];
  if (strcmp(first, "host") == 0 && count > 1) {
    new_host(words, count);
  } else if (strcmp(first, "exchange") == 0 && count > 2) {
    whole_exchange(host_called(words[1]), host_called(words[2]), optional(words, count, 3));
  } else if (is(first, "same", count, 3)) {
    same(host_called(words[1]), host_called(words[2]));
  } else if (is(first, "pull", count, 3)) {
    pull(host_called(words[1]), host_called(words[2]));
  } else if (strcmp(first, "pump") == 0 && count > 2) {
    const char *chunk = count > 3 ? words[3] : "chunk=65536";
    if (strncmp(chunk, "chunk=", 6) != 0) fault("unknown option", chunk);
    pump(end_called(words[1]), end_called(words[2]), (size_t)number(chunk + 6));
  } else if (is_edit(first)) {
    edit(keep_as, words, count);
  } else if (count > 1 && find_host(first)) {
    if (keep_as && (strcmp(words[1], "create_stream") == 0 || strcmp(words[1], "exchange") == 0))
      new_end(keep_as, words, count);
    else if (is(words[1], "close", count, 2))
      close_host(first);
    else
      host_verb(find_host(first), keep_as, words, count);
  } else if (count > 1) {
    end_verb(end_called(first), keep_as, words, count);
  } else {
    fault("not understood", first);
  }
}

enum { MOST_WORDS = 4096 };

// Run a line with every `$` replaced by `turn`, which may be NULL.
static void run_once(const char *line, const char *turn) {
  char *copy = NULL, *words[MOST_WORDS];
  size_t copy_len = 0;
  FILE *out = open_memstream(&copy, &copy_len);
  for (; *line; line++) {
    if (*line == '$' && turn)
      fputs(turn, out);
    else
      fputc(*line, out);
  }
  fclose(out);
  int count = 0;
  for (char *word = strtok(copy, " "); word; word = strtok(NULL, " ")) {
    if (count == MOST_WORDS) fault("too many words", word);
    words[count++] = word;
  }
  if (count > 2 && strcmp(words[1], "=") == 0)
    command(words[0], words + 2, count - 2);
  else
    command(NULL, words, count);
  free(copy);
}

// Run a line and print what its last turn prints.
static void run_line(const char *line) {
  unsigned long long from = 0, to = 0;
  int rest = 0;
  const int is_loop = sscanf(line, "for %llu %llu %n", &from, &to, &rest) == 2 && rest > 0;
  for (unsigned long long turn = from; turn <= to; turn++) {
    char digits[24], *output = NULL;
    size_t output_len = 0;
    snprintf(digits, sizeof digits, "%llu", turn);
    printed = open_memstream(&output, &output_len);
    run_once(line + rest, is_loop ? digits : NULL);
    fclose(printed);
    if (turn == to) fputs(output, stdout);
    free(output);
  }
}

int main(int argc, char **argv) {
  is_durable = argc == 4 && strcmp(argv[3], "durable") == 0;
  if (argc != 3 && !is_durable) {
    fprintf(stderr, "usage: transcript FILE FOLDER [durable]\n");
    return 2;
  }
  path = argv[1];
  folder = argv[2];
  FILE *script = fopen(path, "r");
  if (!script) fault("cannot be read", path);
  char *line = NULL;
  size_t capacity = 0;
  while (getline(&line, &capacity, script) > 0) {
    line_number++;
    if (strncmp(line, "> ", 2) == 0) continue;
    fputs(line, stdout);
    line[strcspn(line, "\n")] = 0;
    if (*line && *line != '#') run_line(line);
  }
  free(line);
  fclose(script);
  for (size_t i = 0; i < MOST_NAMES; i++) {
    plasmid_host_free(hosts[i].host);
    plasmid_stream_free(ends[i].stream);
    plasmid_exchange_free(ends[i].exchange);
    free(buffers[i].content.data);
  }
  return 0;
}
