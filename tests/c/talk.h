// How the hosts and streams of a transcript talk to each other.

#ifndef PLASMID_TEST_TALK_H
#define PLASMID_TEST_TALK_H

#include "stage.h"

// The message that a host makes, or a failure that is printed; `data` NULL: it begins an exchange.
static int host_message(plasmid_host *host, const bytes *data, size_t budget, bytes *message) {
  *message = bytes_new(budget);
  void *out = budget > 0 ? message->data : NULL;
  const plasmid_status status =
      data ? plasmid_host_receive(host, data->data, data->len, out, budget, &message->len)
           : plasmid_host_initiate(host, out, budget, &message->len);
  if (SUCCEEDED(status, plasmid_host_error, host, message->len)) return 1;
  free(message->data);
  return 0;
}

// What one end has to send, or a failure that is printed.
static int end_transmit(named_end *end, size_t max, bytes *sent) {
  *sent = bytes_new(max);
  const int is_sent =
      end->stream ? SUCCEEDED(plasmid_stream_transmit(end->stream, sent->data, max, &sent->len),
                              plasmid_stream_error, end->stream, 0)
                  : SUCCEEDED(plasmid_exchange_transmit(end->exchange, sent->data, max, &sent->len),
                              plasmid_exchange_error, end->exchange, 0);
  if (!is_sent) free(sent->data);
  return is_sent;
}

static int end_receive(named_end *end, bytes data) {
  return end->stream ? SUCCEEDED(plasmid_stream_receive(end->stream, data.data, data.len),
                                 plasmid_stream_error, end->stream, 0)
                     : SUCCEEDED(plasmid_exchange_receive(end->exchange, data.data, data.len),
                                 plasmid_exchange_error, end->exchange, 0);
}

// Carry what `from` has to `to`; whether that went well.
static int carry(named_end *from, named_end *to, size_t chunk, size_t *moved) {
  bytes piece;
  if (!end_transmit(from, chunk, &piece)) return 0;
  *moved = piece.len;
  const int is_received = end_receive(to, piece);
  free(piece.data);
  return is_received;
}

static void pump(named_end *stream, named_end *exchange, size_t chunk) {
  size_t out = 0, back = 0, sent = 1, answered = 1;
  while (sent > 0 || answered > 0) {
    if (!carry(stream, exchange, chunk, &sent) || !carry(exchange, stream, chunk, &answered))
      return;
    out += sent;
    back += answered;
  }
  say("%zu %zu", out, back);
}

static void pull(plasmid_host *a, plasmid_host *b) {
  named_end stream = {0}, exchange = {0};
  OK(plasmid_stream_new(a, 1, &stream.stream));
  OK(plasmid_exchange_new(b, 1, &exchange.exchange));
  pump(&stream, &exchange, DEFAULT_BYTES);
  plasmid_stream_free(stream.stream);
  plasmid_exchange_free(exchange.exchange);
}

static void whole_exchange(plasmid_host *a, plasmid_host *b, size_t budget) {
  size_t sizes[4] = {0};
  bytes message;
  if (!host_message(a, NULL, budget, &message)) return;
  for (int turn = 0; message.len > 0; turn++) {
    if (turn == 4) fault("a fifth message in an exchange", "");
    sizes[turn] = message.len;
    bytes answer;
    const int is_well = host_message(turn % 2 ? a : b, &message, budget, &answer);
    free(message.data);
    if (!is_well) return;
    message = answer;
  }
  free(message.data);
  if (sizes[3] > 0)
    say("%zu %zu %zu %zu", sizes[0], sizes[1], sizes[2], sizes[3]);
  else
    say("%zu %zu %zu", sizes[0], sizes[1], sizes[2]);
}

#endif
