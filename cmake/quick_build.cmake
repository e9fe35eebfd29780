# quick_build(): who installs the Python package compiles it, and waits. For that build only, by g++ and without ccache:
#
# - the headers of the standard library are read once for all files (a precompiled header);
# - files that read a model, write a plan or lower it, once a setup, are optimised less. Kernels, the proof wing, and what
#   runs over tensors are compiled as in any release;
# - the service, sentences and JSON around the rest, is compiled in one piece.
#
# The first two do not change what a file means. In one piece unnamed namespaces meet, and a call might find another
# file's function: so no module that a proof or its verdict depends on is compiled that way.
include_guard()

# Modules, and beginnings of files' names, that run once a setup or once a call.
set(VEIL_RUN_ONCE api onnx onnx_schema key service data quant graph/compare graph/complete graph/expand graph/file_type
  graph/flat graph/imputed graph/infer graph/leaf graph/log_sum graph/lone graph/masks graph/missing graph/needed graph/op_generate graph/op_index graph/op_layout graph/op_order graph/op_pad
  graph/op_scatter graph/operator graph/select graph/suggest graph/text graph/trees)
set(VEIL_ONE_PIECE service)

set(VEIL_STANDARD_HEADERS
  <algorithm> <array> <bit> <cmath> <cstddef> <cstdint> <cstring> <functional> <limits> <map> <memory> <numeric>
  <optional> <set> <span> <sstream> <string> <string_view> <utility> <variant> <vector>)

function(optimise_less target folder)
  if(folder IN_LIST VEIL_RUN_ONCE)
    target_compile_options(${target} PRIVATE -O1) # options of single files would keep them out of one piece
    return()
  endif()
  get_target_property(sources ${target} SOURCES)
  foreach(source ${sources})
    get_filename_component(name ${source} NAME)
    foreach(prefix ${VEIL_RUN_ONCE})
      string(FIND "${folder}/${name}" ${prefix} at)
      if(at EQUAL 0)
        set_property(SOURCE ${source} TARGET_DIRECTORY ${target} APPEND PROPERTY COMPILE_OPTIONS -O1)
        break()
      endif()
    endforeach()
  endforeach()
endfunction()

# Kernels choose instructions by pragmas before their headers.
function(read_headers_once target)
  get_target_property(sources ${target} SOURCES)
  list(FILTER sources INCLUDE REGEX "/kernels/")
  foreach(source ${sources})
    set_property(SOURCE ${source} TARGET_DIRECTORY ${target} PROPERTY SKIP_PRECOMPILE_HEADERS ON)
  endforeach()
  target_precompile_headers(${target} REUSE_FROM veil_headers)
endfunction()

function(quick_build)
  set(nothing ${PROJECT_BINARY_DIR}/headers.cc)
  file(CONFIGURE OUTPUT ${nothing} CONTENT "// Nothing: there has to be a file for which the headers are read.\n")
  add_library(veil_headers OBJECT ${nothing})
  veil_defaults(veil_headers)
  target_precompile_headers(veil_headers PRIVATE ${VEIL_STANDARD_HEADERS})
  get_property(modules GLOBAL PROPERTY VEIL_MODULES)
  foreach(target ${modules} veil_api onnx_schema)
    string(REGEX REPLACE "^veil_" "" folder ${target})
    optimise_less(${target} ${folder})
    read_headers_once(${target})
    if(folder IN_LIST VEIL_ONE_PIECE)
      set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 0)
    endif()
  endforeach()
endfunction()
