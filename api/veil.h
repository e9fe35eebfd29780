/* Veil from C, and from every language that can call C: setup, prove, verify. The same words as the program `veil`.
 *
 * Bytes go in as pointer and size and come out as veil_bytes, which the caller frees. No function keeps a pointer that
 * it was given, throws, writes to the terminal, or opens a file. Any bytes as model, key or proof give a result or an
 * error. One prover or verifier may be used by several threads at once; options by one at a time.
 */
#ifndef VEIL_H
#define VEIL_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define VEIL_API __attribute__((visibility("default")))
#else
#define VEIL_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef enum veil_code {
  VEIL_DONE = 0,      /* done, or accepted */
  VEIL_REJECTED = 1,  /* a proof or key was rejected, or a false claim refused */
  VEIL_BAD_INPUT = 2, /* the sentence says what was wrong, and what to do */
  VEIL_STOPPED = 3,   /* the progress callback asked for it */
  VEIL_NO_MEMORY = 4,
  VEIL_INTERNAL = 5 /* an error of Veil's own: please report it */
} veil_code;

/* The caller's; every function takes NULL for it. The sentence is UTF-8, ended by 0, and empty after VEIL_DONE. */
typedef struct veil_error {
  char message[2048];
} veil_error;

/* Bytes that Veil made; wiped when freed. All three take NULL. */
typedef struct veil_bytes veil_bytes;
VEIL_API const uint8_t* veil_bytes_data(const veil_bytes* bytes);
VEIL_API size_t veil_bytes_size(const veil_bytes* bytes);
VEIL_API void veil_bytes_free(veil_bytes* bytes);

/* Rows of data, row-major: lengths[0] rows, then the shape of a model's input. name: the input's; NULL for a model with
 * one input, or for a table whose columns go to all inputs one after the other. */
typedef struct veil_array {
  const char* name;
  const double* values;
  const size_t* lengths;
  size_t rank;
} veil_array;

/* Called by the thread that called Veil, 0 <= done <= 1. Anything but 0 stops the work, which then gives VEIL_STOPPED.
 * May be NULL. */
typedef int (*veil_progress)(void* context, const char* stage, double done);

VEIL_API const char* veil_version(void);
/* At most so many threads for all work of the process; 0: as many as the machine has. */
VEIL_API void veil_set_threads(size_t threads);

/* The options of `veil setup`, by name: claim, model (hidden, public), bits (8, 12, 16, auto), tolerance, output,
 * batch, dim (NAME=LENGTH), class, column (once for each), without-model, pad-trees, pad-leaves. NULL where there is no
 * memory. */
typedef struct veil_options veil_options;
VEIL_API veil_options* veil_options_new(void);
VEIL_API void veil_options_free(veil_options* options);
VEIL_API veil_code veil_options_set(veil_options* options, const char* name, const char* value, veil_error* error);

/* A model file and rows like those to come -> the bytes of prover.veil (secret), verifier.veil (public), report.json
 * (the owner's) and graph.json (public). Each of the four, and options, may be NULL. */
VEIL_API veil_code veil_setup(const uint8_t* onnx, size_t onnx_size, const veil_array* rows, size_t num_arrays,
                              const veil_options* options, veil_progress progress, void* context, veil_bytes** prover,
                              veil_bytes** verifier, veil_bytes** report, veil_bytes** graph, veil_error* error);

/* The owner's key, opened once for many proofs. */
typedef struct veil_prover veil_prover;
VEIL_API veil_code veil_prover_open(const uint8_t* key, size_t key_size, veil_prover** prover, veil_error* error);
VEIL_API void veil_prover_free(veil_prover* prover);
/* 64 hex digits and 0. */
VEIL_API void veil_prover_model_id(const veil_prover* prover, char id[65]);
/* Makes ready what the next proofs need whatever their rows are (one-time pads, in memory only, each used once), until
 * it is there for so many of them, at most 1,024: each of them then takes that much less time. May run in a thread
 * beside proofs. In a forked child nothing is ready. */
VEIL_API veil_code veil_prover_prepare(const veil_prover* prover, size_t proofs, veil_error* error);
/* For how many proofs it is ready. */
VEIL_API size_t veil_prover_prepared(const veil_prover* prover);
/* One row, or as many as a batch has; bound_to: any bytes the proof is bound to, such as a loan's number. A false claim
 * gives VEIL_REJECTED, and its sentence tells the output: it is for the owner only. note (may be NULL): a sentence
 * where elements of the row were outside of the range seen at setup, and the proof is about what they were cut to; NULL
 * where there were none. */
VEIL_API veil_code veil_prover_prove(const veil_prover* prover, const veil_array* row, size_t num_arrays,
                                     const uint8_t* bound_to, size_t bound_to_size, veil_progress progress,
                                     void* context, veil_bytes** proof, veil_bytes** note, veil_error* error);
/* The float model against its integers, as JSON. The owner's. */
VEIL_API veil_code veil_prover_evaluate(const veil_prover* prover, const veil_array* rows, size_t num_arrays,
                                        veil_bytes** comparison, veil_error* error);

/* The public key, checked once for many proofs. model_id: 64 hex digits, the only model that is accepted; or NULL. */
typedef struct veil_verifier veil_verifier;
VEIL_API veil_code veil_verifier_open(const uint8_t* key, size_t key_size, const char* model_id,
                                      veil_verifier** verifier, veil_error* error);
VEIL_API void veil_verifier_free(veil_verifier* verifier);
VEIL_API void veil_verifier_model_id(const veil_verifier* verifier, char id[65]);
/* VEIL_DONE: accepted, and the statement (may be NULL) says as JSON what was shown. VEIL_REJECTED: the error begins
 * with the name of the check that failed. */
VEIL_API veil_code veil_verifier_verify(const veil_verifier* verifier, const uint8_t* proof, size_t proof_size,
                                        const uint8_t* bound_to, size_t bound_to_size, veil_bytes** statement,
                                        veil_error* error);
/* A proof, and what it must have been bound to. */
typedef struct veil_presented {
  const uint8_t* proof;
  size_t proof_size;
  const uint8_t* bound_to;
  size_t bound_to_size;
} veil_presented;
/* Many proofs, of one context or of many, in less time than one by one: one multi-scalar multiplication decides all.
 * Each gets the verdict that it would get alone: verdicts (may be NULL) is a JSON array with
 * {"accepted", "reason", "statement"} for each, in order; reason is the sentence of veil_verifier_verify, or null.
 * VEIL_DONE: all are accepted, or there are none. VEIL_REJECTED: not all, and the error tells the first that is not. */
VEIL_API veil_code veil_verifier_verify_many(const veil_verifier* verifier, const veil_presented* proofs,
                                             size_t num_proofs, veil_bytes** verdicts, veil_error* error);

#ifdef __cplusplus
}
#endif

#endif
