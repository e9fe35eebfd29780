// Verifies a proof from Go: go run verify.go VERIFIER PROOF CONTEXT
package main

/*
#cgo pkg-config: veil
#include <stdlib.h>
#include <veil.h>
*/
import "C"

import (
	"errors"
	"fmt"
	"os"
	"unsafe"
)

func pointer(bytes []byte) *C.uint8_t {
	if len(bytes) == 0 {
		return nil
	}
	return (*C.uint8_t)(unsafe.Pointer(&bytes[0]))
}

// The statement of an accepted proof, as JSON.
func verify(key, proof, context []byte) (string, error) {
	var failure C.veil_error
	var verifier *C.veil_verifier
	if C.veil_verifier_open(pointer(key), C.size_t(len(key)), nil, &verifier, &failure) != C.VEIL_DONE {
		return "", errors.New(C.GoString(&failure.message[0]))
	}
	defer C.veil_verifier_free(verifier)
	var statement *C.veil_bytes
	code := C.veil_verifier_verify(verifier, pointer(proof), C.size_t(len(proof)), pointer(context),
		C.size_t(len(context)), &statement, &failure)
	if code != C.VEIL_DONE {
		return "", errors.New(C.GoString(&failure.message[0]))
	}
	defer C.veil_bytes_free(statement)
	return C.GoStringN((*C.char)(unsafe.Pointer(C.veil_bytes_data(statement))), C.int(C.veil_bytes_size(statement))), nil
}

func run() error {
	if len(os.Args) != 4 {
		return errors.New("usage: verify VERIFIER PROOF CONTEXT")
	}
	key, err := os.ReadFile(os.Args[1])
	if err != nil {
		return err
	}
	proof, err := os.ReadFile(os.Args[2])
	if err != nil {
		return err
	}
	statement, err := verify(key, proof, []byte(os.Args[3]))
	if err != nil {
		return fmt.Errorf("REJECTED: %w", err)
	}
	fmt.Println("ACCEPTED:", statement)
	return nil
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
