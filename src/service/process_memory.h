// How a process of Veil's own deals with memory. Not for a library: these are settings of the whole process.
#pragma once

namespace veil {

// Freed memory stays with the process. Where the same large arrays are needed one after the other, memory that was
// given back to the system would be cleared again page by page: a third of the time of a large setup.
void keep_freed_memory();

// That, and most of what is allocated from now on lies on huge pages: a large proof makes hundreds of megabytes of
// arrays, and to touch their pages one by one is a tenth of its time. Not for small work: the first page alone has 2
// MiB.
void use_huge_pages();

}  // namespace veil
