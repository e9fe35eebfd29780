// Between C's pointers and the service's types.
#pragma once

#include <cstring>
#include <exception>
#include <new>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "data/rows.h"
#include "service/set_up.h"
#include "service/words.h"
#include "veil.h"

namespace veil::api {

struct Code {
  veil_code code = VEIL_DONE;
  std::string message;
};

inline Error null_pointer() { return Error{"A pointer that must not be NULL is NULL."}; }

inline ByteView view(const std::uint8_t* data, std::size_t size) {
  return size == 0 ? ByteView() : ByteView(data, size);
}

// Cuts a sentence that is too long, not within a character.
void write_message(veil_error* error, std::string_view message) noexcept;

// Every call goes through here: no exception leaves.
template <class Work>
veil_code guarded(veil_error* error, const Work& work) noexcept {
  try {
    const Result<Code> result = work();
    write_message(error, result.ok() ? result->message : whole_sentence(result.error().message));
    return result.ok() ? result->code : VEIL_BAD_INPUT;
  } catch (const Stopped&) {
    write_message(error, "Stopped before the end.");
    return VEIL_STOPPED;
  } catch (const std::bad_alloc&) {
    write_message(error, "There is not enough memory for this.");
    return VEIL_NO_MEMORY;
  } catch (const std::exception& unexpected) {
    write_message(error, unexpected.what());
  } catch (...) {
    write_message(error, "Unexpected.");
  }
  return VEIL_INTERNAL;
}

Result<std::vector<NamedArray>> named_arrays(std::span<const veil_array> arrays);

StageCallback stage_callback(veil_progress progress, void* context);

// How much of a proof is done when it enters a phase: steps before the messages have places of their own, and the
// messages, of which there are `slots`, the rest. Counts the messages in `told`.
double share_of_proof(std::string_view phase, std::size_t& told, std::size_t slots);

}  // namespace veil::api
