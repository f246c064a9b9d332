// How a transcript makes hosts.

#ifndef PLASMID_TEST_OPTIONS_H
#define PLASMID_TEST_OPTIONS_H

#include "stage.h"

// Whether the value of an option is `yes`; otherwise it must be `no`.
static uint32_t either(const char *option, const char *value, const char *yes, const char *no) {
  if (strcmp(value, yes) == 0) return 1;
  if (strcmp(value, no) != 0) fault("an option that has no such value", option);
  return 0;
}

// Set an option, except those that say who the host is.
static void configure(plasmid_config *config, const char *option, const char *value) {
  static const struct {
    const char *name;
    plasmid_status (*set)(plasmid_config *, uint64_t);
  } numbers[] = {
      {"generation", plasmid_config_set_generation},
      {"seed", plasmid_config_set_seed},
      {"key_bytes", plasmid_config_set_key_bytes},
      {"value_bytes", plasmid_config_set_value_bytes},
      {"message_bytes", plasmid_config_set_message_bytes},
      {"participants", plasmid_config_set_participants},
      {"keys_per_participant", plasmid_config_set_keys_per_participant},
      {"participant_bytes", plasmid_config_set_participant_bytes},
      {"state_bytes", plasmid_config_set_state_bytes},
      {"departed", plasmid_config_set_departed},
      {"fragment_bytes", plasmid_config_set_fragment_bytes},
      {"remembered_deletes", plasmid_config_set_remembered_deletes},
      {"change_records", plasmid_config_set_change_records},
      {"tombstone_age_ms", plasmid_config_set_tombstone_age_ms},
      {"evict_after_ms", plasmid_config_set_evict_after_ms},
      {"generation_ahead_ms", plasmid_config_set_generation_ahead_ms},
  };
  for (size_t n = 0; n < sizeof numbers / sizeof *numbers; n++) {
    if (strcmp(option, numbers[n].name) == 0) {
      OK(numbers[n].set(config, number(value)));
      return;
    }
  }
  if (strcmp(option, "ordering") == 0) {
    const int is_breadth = either(option, value, "breadth", "depth");
    OK(plasmid_config_set_ordering(config,
                                   is_breadth ? PLASMID_ORDERING_BREADTH : PLASMID_ORDERING_DEPTH));
  } else if (strcmp(option, "digests") == 0) {
    const int is_plain = strcmp(value, "plain") == 0;
    OK(plasmid_config_set_digests(config, is_plain ? PLASMID_DIGESTS_PLAIN
                                  : either(option, value, "sketch", "smallest")
                                      ? PLASMID_DIGESTS_SKETCH
                                      : PLASMID_DIGESTS_SMALLEST));
  } else if (strcmp(option, "history") == 0) {
    OK(plasmid_config_set_history(config, either(option, value, "true", "false")));
  } else if (strcmp(option, "compress") == 0) {
    OK(plasmid_config_set_compress(config, either(option, value, "true", "false")));
  } else if (strcmp(option, "relaxed") == 0) {
    OK(plasmid_config_set_relaxed(config, either(option, value, "true", "false")));
  } else if (strcmp(option, "compaction") == 0) {
    OK(plasmid_config_set_auto_compact(config, either(option, value, "auto", "manual")));
  } else if (strcmp(option, "cluster") == 0) {
    const bytes cluster = word_parse(value);
    OK(plasmid_config_set_cluster(config, cluster.data, cluster.len));
    free(cluster.data);
  } else {
    fault("unknown option", option);
  }
}

// The path of the file that keeps a host: the one of that name, or one of the host alone.
static bytes path_of(const char *file) {
  bytes made = bytes_new(strlen(folder) + 64);
  const int len = file ? snprintf((char *)made.data, made.len, "%s/%s", folder, file)
                       : snprintf((char *)made.data, made.len, "%s/host %d", folder, (int)nonce);
  if ((size_t)len >= made.len) fault("too long a name", file);
  made.len = (size_t)len;
  return made;
}

// Make the host of the config; if there is a snapshot, of that.
static plasmid_status make(const plasmid_config *config, bytes id, const bytes *snapshot,
                           plasmid_host **host) {
  return snapshot ? plasmid_host_restore(snapshot->data, snapshot->len, config, host)
                  : plasmid_host_new(id.data, id.len, config, host);
}

// The same with a file; if there is a snapshot, the file holds it.
static plasmid_status make_durable(plasmid_config *config, bytes id, const bytes *snapshot,
                                   bytes file, plasmid_host **host) {
  char own[PLASMID_MAX_ID_BYTES];
  if (snapshot) {
    plasmid_host *restored = NULL;
    const plasmid_status status = make(config, id, snapshot, &restored);
    if (status != PLASMID_OK) return status;
    id.data = (uint8_t *)own;
    OK(plasmid_host_id(restored, own, sizeof own, &id.len));
    plasmid_host_free(restored);
    FILE *out = fopen((char *)file.data, "wb");
    CHECK(out && fwrite(snapshot->data, 1, snapshot->len, out) == snapshot->len);
    CHECK(fclose(out) == 0);
  }
  OK(plasmid_config_set_path(config, file.data, file.len));
  return make(config, id, NULL, host);
}

// `host NAME [option ...]`
static void new_host(char **words, int count) {
  plasmid_config *config = NULL;
  const char *name = words[1], *file = NULL;
  bytes id = bytes_copy(name, strlen(name)), content;
  const bytes *snapshot = NULL;
  OK(plasmid_config_new(&config));
  OK(plasmid_config_set_nonce(config, ++nonce));
  OK(plasmid_config_set_seed(config, 1));
  OK(plasmid_config_set_generation(config, 1));
  for (int i = 2; i < count; i++) {
    char *value = strchr(words[i], '=');
    if (!value) fault("no option", words[i]);
    *value++ = 0;
    if (strcmp(words[i], "id") == 0) {
      free(id.data);
      id = word_parse(value);
    } else if (strcmp(words[i], "restore") == 0) {
      content = buffer_called(value);
      snapshot = &content;
    } else if (strcmp(words[i], "path") == 0) {
      file = value;
    } else {
      configure(config, words[i], value);
    }
  }

  plasmid_host *host = NULL;
  const bytes kept_at = path_of(file);
  const plasmid_status status = file || is_durable
                                    ? make_durable(config, id, snapshot, kept_at, &host)
                                    : make(config, id, snapshot, &host);
  if (SUCCEEDED(status, plasmid_config_error, config, 0)) {
    named_host *place;
    FIND(hosts, name, place);
    if (!place) FIND(hosts, "", place);
    if (!place) fault("too many hosts", name);
    forget_ends(name);
    plasmid_host_free(place->host);
    copy_name(place->name, name);
    place->host = host;
  }
  plasmid_config_free(config);
  free(kept_at.data);
  free(id.data);
}

// `NAME close`
static void close_host(const char *name) {
  named_host *place;
  FIND(hosts, name, place);
  OK(plasmid_host_close(place->host));
  plasmid_host_free(place->host);
  memset(place, 0, sizeof *place);
  forget_ends(name);
}

#endif
