// Following changes through the C ABI: what is told, cursors, pages, filters, and what is lent.

#include "hosts.h"

// A cursor as a program keeps it.
typedef struct {
  char bytes[PLASMID_MAX_CURSOR_BYTES];
  size_t len;
} cursor;

static const cursor START = {"", 0};

static plasmid_changes *ask(plasmid_host *host, const cursor *from, size_t limit,
                            const char *prefix, const char *participant) {
  plasmid_changes *changes = NULL;
  OK(plasmid_host_changes(host, from->bytes, from->len, limit, prefix, strlen(prefix), participant,
                          strlen(participant), &changes));
  return changes;
}

static void append(char *text, size_t *used, const uint8_t *bytes, size_t bytes_len) {
  CHECK(*used + bytes_len + 2 < 1024);
  text[(*used)++] = ' ';
  memcpy(text + *used, bytes, bytes_len);
  *used += bytes_len;
}

// The rest of a page as text, each change as `KIND ID VERSION [KEY [VALUE]]` and a newline. The
// page is freed, its cursor kept if `next` is not NULL.
static const char *told(plasmid_changes *changes, cursor *next) {
  static const char *const kinds[] = {"?",     "set",   "delete",  "join",
                                      "leave", "evict", "replace", "conflict"};
  static char text[1024];
  size_t used = 0, id_len = 0, key_len = 0, value_len = 0;
  const uint8_t *id = NULL, *key = NULL, *value = NULL;
  uint32_t kind = 0;
  uint64_t version = 0, generation = 0;
  plasmid_status status;
  while ((status = plasmid_changes_next(changes, &kind, &id, &id_len, &key, &key_len, &value,
                                        &value_len, &version, &generation)) == PLASMID_OK) {
    CHECK(kind >= PLASMID_CHANGE_SET && kind <= PLASMID_CHANGE_CONFLICT && generation > 0);
    CHECK((key != NULL) == (kind <= PLASMID_CHANGE_DELETE) && (key || key_len == 0));
    CHECK((value != NULL) == (kind == PLASMID_CHANGE_SET) && (value || value_len == 0));
    used += (size_t)snprintf(text + used, sizeof text - used, "%s", kinds[kind]);
    append(text, &used, id, id_len);
    used += (size_t)snprintf(text + used, sizeof text - used, " %llu",
                             (unsigned long long)version);
    if (key) append(text, &used, key, key_len);
    if (value) append(text, &used, value, value_len);
    text[used++] = '\n';
  }
  CHECK_STATUS(PLASMID_NOT_FOUND, status);
  text[used] = 0;
  if (next) OK(plasmid_changes_cursor(changes, next->bytes, sizeof next->bytes, &next->len));
  plasmid_changes_free(changes);
  return text;
}

#define TELLS(expected, changes, next)                                                       \
  do {                                                                                       \
    const char *const told_ = told((changes), (next));                                       \
    if (strcmp(told_, (expected)) != 0) {                                                    \
      fprintf(stderr, "%s:%d: told\n%sinstead of\n%s", __FILE__, __LINE__, told_, expected); \
      exit(1);                                                                               \
    }                                                                                        \
  } while (0)

static void everything_then_what_is_new(void) {
  plasmid_host *a = host_of("a", NULL), *b = host_of("b", NULL);
  OK(plasmid_host_set(a, BYTES("k"), BYTES("1"), NULL));
  OK(plasmid_host_set(a, BYTES("empty"), NULL, 0, NULL));
  OK(plasmid_host_set(a, BYTES("k"), BYTES("2"), NULL));
  exchange(a, b);
  OK(plasmid_host_set(b, BYTES("own"), BYTES("v"), NULL));

  cursor at = START;
  const char *all = told(ask(b, &START, 1024, "", ""), &at);
  CHECK(strstr(all, "join a 3\n") && strstr(all, "set a 2 empty \n"));
  CHECK(strstr(all, "set a 3 k 2\n") && !strstr(all, "k 1"));
  CHECK(strstr(all, "join b 1\nset b 1 own v\n"));
  CHECK(at.len > 0);
  TELLS("", ask(b, &at, 1024, "", ""), &at);

  OK(plasmid_host_set(a, BYTES("k"), BYTES("3"), NULL));
  OK(plasmid_host_set(a, BYTES("k"), BYTES("4"), NULL));
  OK(plasmid_host_delete(a, BYTES("empty"), NULL));
  exchange(a, b);
  TELLS("set a 5 k 4\ndelete a 6 empty\n", ask(b, &at, 1024, "", ""), NULL);
  // A cursor is bytes: it can be used again, and from it the same is told.
  TELLS("set a 5 k 4\ndelete a 6 empty\n", ask(b, &at, 1024, "", ""), &at);
  OK(plasmid_host_leave(a, NULL));
  exchange(a, b);
  CHECK(version_of(b, "a") == 7);
  TELLS("leave a 7\n", ask(b, &at, 1024, "", ""), &at);

  // What is no cursor is refused, and so is what is cut.
  plasmid_changes *changes = NULL;
  CHECK_STATUS(PLASMID_CURSOR, plasmid_host_changes(b, BYTES("x"), 1, NULL, 0, NULL, 0, &changes));
  CHECK_STATUS(PLASMID_CURSOR, plasmid_host_changes(b, at.bytes, at.len - 1, 1, NULL, 0, NULL, 0,
                                                    &changes));
  OK(plasmid_host_error(b, out, sizeof out, &len));
  CHECK(changes == NULL && len > 0);
  plasmid_host_free(a);
  plasmid_host_free(b);
}

static void filters_choose(void) {
  plasmid_host *a = host_of("a", NULL), *b = host_of("b", NULL);
  OK(plasmid_host_set(a, BYTES("load/1"), BYTES("5"), NULL));
  OK(plasmid_host_set(a, BYTES("role"), BYTES("x"), NULL));
  OK(plasmid_host_set(b, BYTES("load/1"), BYTES("7"), NULL));
  exchange(a, b);
  cursor at = START;
  const char *of_load = told(ask(b, &START, 1024, "load/", ""), &at);
  CHECK(strstr(of_load, "set a 1 load/1 5\n") && strstr(of_load, "set b 1 load/1 7\n"));
  CHECK(!strstr(of_load, "role"));
  TELLS("join b 1\nset b 1 load/1 7\n", ask(b, &START, 1024, "", "b"), NULL);
  OK(plasmid_host_set(b, BYTES("role"), BYTES("y"), NULL));
  TELLS("", ask(b, &at, 1024, "load/", ""), NULL);
  TELLS("set b 2 role y\n", ask(b, &at, 1024, "", "b"), NULL);
  TELLS("", ask(b, &at, 1024, "", "a"), NULL);
  plasmid_host_free(a);
  plasmid_host_free(b);
}

static uint32_t has_more(const plasmid_changes *changes) {
  uint32_t flag = 77;
  OK(plasmid_changes_more(changes, &flag));
  CHECK(flag <= 1);
  return flag;
}

static void pages(void) {
  plasmid_host *host = host_of("a", NULL);
  for (int i = 0; i < 10; i++) OK(plasmid_host_set(host, &"0123456789"[i], 1, BYTES("v"), NULL));
  cursor at = START;
  int changes = 0, pages = 0;
  uint32_t more = 1;
  while (more) {
    plasmid_changes *page = ask(host, &at, 3, "", "");
    more = has_more(page);
    while (plasmid_changes_next(page, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL) ==
           PLASMID_OK)
      changes++;
    OK(plasmid_changes_cursor(page, at.bytes, sizeof at.bytes, &at.len));
    plasmid_changes_free(page);
    CHECK(++pages < 11);
  }
  CHECK(changes == 11 && pages == 4);

  // Something that is new since the first page is not on the last one, and that is said.
  plasmid_changes *first = ask(host, &START, 10, "", "");
  CHECK(has_more(first));
  cursor on_the_way = START;
  told(first, &on_the_way);
  OK(plasmid_host_set(host, BYTES("0"), BYTES("new"), NULL));
  plasmid_changes *last = ask(host, &on_the_way, 10, "", "");
  CHECK(has_more(last));
  told(last, &on_the_way);
  last = ask(host, &on_the_way, 10, "", "");
  CHECK(!has_more(last));
  TELLS("set a 11 0 new\n", last, &at);

  // A batch is told whole.
  plasmid_batch *batch = NULL;
  OK(plasmid_batch_new(host, &batch));
  for (int i = 0; i < 10; i++) OK(plasmid_batch_set(batch, &"0123456789"[i], 1, BYTES("w")));
  OK(plasmid_batch_commit(batch, NULL));
  plasmid_batch_free(batch);
  plasmid_changes *page = ask(host, &at, 3, "", "");
  CHECK(!has_more(page));
  for (changes = 0; plasmid_changes_next(page, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
                                         NULL) == PLASMID_OK;)
    changes++;
  CHECK(changes == 10);
  plasmid_changes_free(page);
  plasmid_host_free(host);
}

// A page is read after its host is freed, the cursor before or after the changes.
static void a_page_outlives_its_host(void) {
  plasmid_host *host = host_of("a", NULL);
  OK(plasmid_host_set(host, BYTES("k"), BYTES("value"), NULL));
  plasmid_changes *page = ask(host, &START, 1024, "", "");
  OK(plasmid_host_set(host, BYTES("k"), BYTES("later"), NULL));
  plasmid_host_free(host);

  memset(out, 'x', sizeof out);
  CHECK_STATUS(PLASMID_BUFFER_TOO_SHORT, plasmid_changes_cursor(page, NULL, 0, &len));
  const size_t needed = len;
  CHECK(needed > 0);
  CHECK_STATUS(PLASMID_BUFFER_TOO_SHORT, plasmid_changes_cursor(page, out, needed - 1, &len));
  CHECK(len == needed && out[0] == 'x');
  OK(plasmid_changes_cursor(page, out, needed, &len));
  CHECK(len == needed && out[needed] == 'x');

  // Only what is wanted is written.
  uint32_t kind = 0;
  uint64_t generation = 0;
  OK(plasmid_changes_next(page, &kind, NULL, NULL, NULL, NULL, NULL, NULL, NULL, &generation));
  CHECK(kind == PLASMID_CHANGE_JOIN && generation > 0);
  const uint8_t *value = NULL;
  size_t value_len = 0;
  uint64_t version = 0;
  OK(plasmid_changes_next(page, NULL, NULL, NULL, NULL, NULL, &value, &value_len, &version, NULL));
  CHECK(IS("value", value, value_len) && version == 1);
  value = NULL;
  for (int again = 0; again < 2; again++)
    CHECK_STATUS(PLASMID_NOT_FOUND, plasmid_changes_next(page, &kind, NULL, NULL, NULL, NULL,
                                                         &value, &value_len, NULL, NULL));
  CHECK(kind == PLASMID_CHANGE_JOIN && value == NULL && value_len == 5);
  plasmid_changes_free(page);
}

// A host does not read this cursor; it answers its reader's next question, which begins anew.
static void is_no_cursor_of(plasmid_host *host, const cursor *at) {
  plasmid_changes *changes = NULL;
  CHECK_STATUS(PLASMID_CURSOR, plasmid_host_changes(host, at->bytes, at->len, 1024, NULL, 0, NULL,
                                                    0, &changes));
  CHECK(changes == NULL);
  CHECK(strncmp(told(ask(host, &START, 1, "", ""), NULL), "join ", 5) == 0);
}

// A cursor that is too old to tell what was deleted, and what is none of this life of the host.
static void old_cursors_are_told_to_start_over(void) {
  plasmid_config *config = NULL;
  OK(plasmid_config_new(&config));
  OK(plasmid_config_set_change_records(config, 4));
  OK(plasmid_config_set_remembered_deletes(config, 1));
  plasmid_host *a = host_of("a", config), *later = host_of("a", config), *b = host_of("b", config);
  plasmid_config_free(config);
  cursor at = START;
  OK(plasmid_host_set(a, BYTES("gone"), BYTES("v"), NULL));
  OK(plasmid_host_set(a, BYTES("goes"), BYTES("v"), NULL));
  told(ask(a, &START, 1024, "", ""), &at);
  OK(plasmid_host_delete(a, BYTES("gone"), NULL));
  OK(plasmid_host_delete(a, BYTES("goes"), NULL));
  OK(plasmid_host_compact(a, PLASMID_ALL, NULL));
  for (int i = 0; i < 100; i++) OK(plasmid_host_set(a, BYTES("k"), BYTES("v"), NULL));
  const char *text = told(ask(a, &at, 1024, "", ""), NULL);
  CHECK(strncmp(text, "replace a ", 10) == 0 && strstr(text, " k v\n") && !strstr(text, "delete"));
  is_no_cursor_of(later, &at);
  is_no_cursor_of(b, &at);

  const uint8_t *data = NULL;
  plasmid_bytes *bytes = NULL;
  plasmid_host *restored = NULL;
  OK(plasmid_host_snapshot(a, &bytes));
  OK(plasmid_bytes_data(bytes, &data, &len));
  OK(plasmid_host_restore(data, len, NULL, &restored));
  plasmid_bytes_free(bytes);
  is_no_cursor_of(restored, &at);
  plasmid_host_free(restored);
  plasmid_host_free(later);
  plasmid_host_free(a);
  plasmid_host_free(b);
}

// Who was forgotten is told as gone, as long as that is remembered, and after that it is said that
// nobody knows.
static void the_forgotten_are_told_as_gone(void) {
  plasmid_config *config = NULL;
  OK(plasmid_config_new(&config));
  OK(plasmid_config_set_departed(config, 0));
  OK(plasmid_config_set_change_records(config, 1));
  plasmid_host *keeper = host_of("keeper", config);
  OK(plasmid_host_set(keeper, BYTES("k"), BYTES("v"), NULL));
  cursor at = START;
  told(ask(keeper, &START, 1024, "", ""), &at);
  for (char id[] = "a"; *id <= 'b'; ++*id) {
    OK(plasmid_config_set_generation(config, (uint64_t)*id));
    plasmid_host *guest = host_of(id, config);
    OK(plasmid_host_set(guest, BYTES("k"), BYTES("v"), NULL));
    exchange(guest, keeper);
    OK(plasmid_host_leave(guest, NULL));
    exchange(guest, keeper);
    plasmid_host_free(guest);
    if (*id == 'a')
      CHECK(strstr(told(ask(keeper, &at, 1024, "", ""), NULL), "leave a 0\n") != NULL);
  }
  plasmid_config_free(config);
  is_no_cursor_of(keeper, &at);
  plasmid_host_free(keeper);
}

int main(void) {
  everything_then_what_is_new();
  filters_choose();
  pages();
  a_page_outlives_its_host();
  old_cursors_are_told_to_start_over();
  the_forgotten_are_told_as_gone();
  return 0;
}
