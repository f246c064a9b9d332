#include <plasmid.h>
#include <stdio.h>

int main(void) {
  plasmid_host *a = NULL, *b = NULL;
  char message[1200], text[64];
  size_t len = 0;

  plasmid_status status = plasmid_host_new("a", 1, NULL, &a);
  if (!status) status = plasmid_host_new("b", 1, NULL, &b);
  if (!status) status = plasmid_host_set(a, "color", 5, "red", 3, NULL);
  if (!status) status = plasmid_host_set(b, "shape", 5, "round", 5, NULL);

  // One exchange. a: this is what I have; b: this is what you lack, and what I want; a: and
  // this is what you lack. If anything is left to say then, b says it; an empty message says
  // nothing. Any transport may lie between the calls.
  if (!status) status = plasmid_host_initiate(a, message, sizeof message, &len);
  if (!status) status = plasmid_host_receive(b, message, len, message, sizeof message, &len);
  if (!status) status = plasmid_host_receive(a, message, len, message, sizeof message, &len);
  if (!status) status = plasmid_host_receive(b, message, len, message, sizeof message, &len);
  if (!status) status = plasmid_host_receive(a, message, len, NULL, 0, &len);

  if (!status) status = plasmid_host_get_from(a, "b", 1, "shape", 5, text, sizeof text, &len);
  if (!status) printf("a knows that b's shape is %.*s\n", (int)len, text);
  if (!status) status = plasmid_host_get_from(b, "a", 1, "color", 5, text, sizeof text, &len);
  if (!status) printf("b knows that a's color is %.*s\n", (int)len, text);

  if (status) fprintf(stderr, "%s\n", plasmid_status_name(status));
  plasmid_host_free(a);
  plasmid_host_free(b);
  return status != PLASMID_OK;
}
