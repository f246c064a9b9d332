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

// `host NAME [option ...]`
static void new_host(char **words, int count) {
  plasmid_config *config = NULL;
  const char *name = words[1], *snapshot = NULL;
  bytes id = bytes_copy(name, strlen(name));
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
      snapshot = value;
    } else {
      configure(config, words[i], value);
    }
  }

  plasmid_host *host = NULL;
  const bytes from = snapshot ? buffer_called(snapshot) : id;
  const plasmid_status status = snapshot
                                    ? plasmid_host_restore(from.data, from.len, config, &host)
                                    : plasmid_host_new(id.data, id.len, config, &host);
  if (SUCCEEDED(status, plasmid_config_error, config, 0)) {
    named_host *place;
    FIND(hosts, name, place);
    if (!place) FIND(hosts, "", place);
    if (!place) fault("too many hosts", name);
    plasmid_host_free(place->host);
    copy_name(place->name, name);
    place->host = host;
  }
  plasmid_config_free(config);
  free(id.data);
}

#endif
