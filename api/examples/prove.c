/* From a model file to a verified proof.
 *
 *     cc prove.c $(pkg-config --cflags --libs veil) -o prove && ./prove examples/credit/credit.onnx
 *
 * The rows are made up: 32 applicants of 20 figures. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <veil.h>

enum { ROWS = 32, FIGURES = 20 };

static uint8_t* read_file(const char* path, size_t* size) {
  FILE* file = fopen(path, "rb");
  if (file == NULL || fseek(file, 0, SEEK_END) != 0) return NULL;
  *size = (size_t)ftell(file);
  rewind(file);
  uint8_t* bytes = malloc(*size);
  if (bytes != NULL && fread(bytes, 1, *size, file) != *size) {
    free(bytes);
    bytes = NULL;
  }
  fclose(file);
  return bytes;
}

static int failed(const char* what, veil_code code, const veil_error* error) {
  if (code == VEIL_DONE) return 0;
  fprintf(stderr, "%s: %s\n", what, error->message);
  return 1;
}

int main(int count, char** words) {
  veil_error error;
  size_t onnx_size = 0;
  uint8_t* onnx = count == 2 ? read_file(words[1], &onnx_size) : NULL;
  if (onnx == NULL) return fprintf(stderr, "usage: prove MODEL.onnx\n"), 2;

  double figures[ROWS][FIGURES];
  for (size_t row = 0; row < ROWS; ++row) {
    for (size_t i = 0; i < FIGURES; ++i) figures[row][i] = (double)((row * 7 + i * 3) % 10);
  }
  const size_t all[] = {ROWS, FIGURES}, one[] = {1, FIGURES};
  const veil_array rows = {NULL, &figures[0][0], all, 2}, row = {NULL, &figures[3][0], one, 2};
  const uint8_t context[] = "loan 17";

  veil_bytes *prover_key = NULL, *verifier_key = NULL, *proof = NULL, *statement = NULL, *verdicts = NULL;
  veil_prover* prover = NULL;
  veil_verifier* verifier = NULL;
  int bad =
      failed("setup", veil_setup(onnx, onnx_size, &rows, 1, NULL, NULL, NULL, &prover_key, &verifier_key, NULL, NULL, &error), &error) ||
      failed("key", veil_prover_open(veil_bytes_data(prover_key), veil_bytes_size(prover_key), &prover, &error), &error) ||
      failed("prove", veil_prover_prove(prover, &row, 1, context, sizeof context - 1, NULL, NULL, &proof, NULL, &error), &error) ||
      failed("key", veil_verifier_open(veil_bytes_data(verifier_key), veil_bytes_size(verifier_key), NULL, &verifier, &error), &error) ||
      failed("verify", veil_verifier_verify(verifier, veil_bytes_data(proof), veil_bytes_size(proof), context, sizeof context - 1, &statement, &error), &error);
  if (!bad) {
    printf("ACCEPTED %zu bytes: %.*s\n", veil_bytes_size(proof), (int)veil_bytes_size(statement),
           (const char*)veil_bytes_data(statement));
    /* A changed byte is rejected, by name. */
    size_t size = veil_bytes_size(proof);
    uint8_t* forged = malloc(size);
    if (forged == NULL) return 2;
    memcpy(forged, veil_bytes_data(proof), size);
    forged[size - 1] ^= 1;
    veil_code code = veil_verifier_verify(verifier, forged, size, context, sizeof context - 1, NULL, &error);
    printf("forged: %s\n", code == VEIL_REJECTED ? error.message : "ACCEPTED?");
    bad = code != VEIL_REJECTED;
    /* Many at once: each has its own verdict. */
    const veil_presented both[] = {{veil_bytes_data(proof), size, context, sizeof context - 1},
                                   {forged, size, context, sizeof context - 1}};
    bad = failed("verify many", veil_verifier_verify_many(verifier, both, 1, NULL, &error), &error) || bad;
    code = veil_verifier_verify_many(verifier, both, 2, &verdicts, &error);
    printf("both: %s: %.*s\n", error.message, (int)veil_bytes_size(verdicts), (const char*)veil_bytes_data(verdicts));
    bad = bad || code != VEIL_REJECTED || strncmp(error.message, "proof 1: ", 9) != 0;
    free(forged);
  }
  veil_bytes_free(verdicts);
  veil_bytes_free(statement);
  veil_bytes_free(proof);
  veil_bytes_free(verifier_key);
  veil_bytes_free(prover_key);
  veil_verifier_free(verifier);
  veil_prover_free(prover);
  free(onnx);
  return bad;
}
