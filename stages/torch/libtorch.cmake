# libtorch as the target mlopsctl_libtorch, with MLOPSCTL_LIBTORCH_VERSION: the user's own where CMAKE_PREFIX_PATH names one (CPU or CUDA),
# else the pinned wheels of libtorch.txt, unpacked once outside the build tree. Only what is needed to do arithmetic on a CPU is kept of
# them, and torch's own CMake package, which wants CUDA's, is not used.
include(${PROJECT_SOURCE_DIR}/.ci/wheels.cmake)

find_path(MLOPSCTL_LIBTORCH_INCLUDE ATen/Parallel.h PATHS ${CMAKE_PREFIX_PATH} PATH_SUFFIXES include torch/include NO_DEFAULT_PATH)
find_library(MLOPSCTL_LIBTORCH_CPU torch_cpu PATHS ${CMAKE_PREFIX_PATH} PATH_SUFFIXES lib torch/lib NO_DEFAULT_PATH)
if(MLOPSCTL_LIBTORCH_INCLUDE AND MLOPSCTL_LIBTORCH_CPU)
  set(libtorch_include ${MLOPSCTL_LIBTORCH_INCLUDE})
  get_filename_component(libtorch_lib ${MLOPSCTL_LIBTORCH_CPU} DIRECTORY)
else()
  file(STRINGS ${CMAKE_CURRENT_LIST_DIR}/libtorch.txt pinned REGEX "^torch==")
  string(REGEX MATCH "==([0-9.]+)" pinned "${pinned}")
  mlopsctl_cache_folder(cache)
  set(unpacked ${cache}/libtorch-${CMAKE_MATCH_1})
  mlopsctl_unpack_wheels(${unpacked} LIST ${CMAKE_CURRENT_LIST_DIR}/libtorch.txt FILES
    torch:torch/include/* torch:torch/lib/libtorch_cpu.so torch:torch/lib/libc10.so torch:torch/lib/libgomp.so.1
    nvidia_cuda_runtime:*/libcudart.so.13 nvidia_cuda_cupti:*/libcupti.so.13)
  if(WHEELS_ERROR)
    message(FATAL_ERROR "no libtorch: ${WHEELS_ERROR}\n"
      "hint: -DCMAKE_PREFIX_PATH=DIR names a libtorch that is there; -DMLOPSCTL_TORCH=OFF builds without one")
  endif()
  set(libtorch_include ${unpacked}/torch/include)
  set(libtorch_lib ${unpacked}/torch/lib)
endif()

set(header ${libtorch_include}/torch/headeronly/version.h)
if(NOT EXISTS ${header})
  set(header ${libtorch_include}/torch/csrc/api/include/torch/version.h)
endif()
set(parts "")
foreach(part MAJOR MINOR PATCH)
  file(STRINGS ${header} line REGEX "define TORCH_VERSION_${part} ")
  string(REGEX MATCH "[0-9]+" number "${line}")
  list(APPEND parts ${number})
endforeach()
list(JOIN parts . MLOPSCTL_LIBTORCH_VERSION)

add_library(mlopsctl_libtorch INTERFACE)
target_include_directories(mlopsctl_libtorch SYSTEM INTERFACE ${libtorch_include})
# The wheel's own OpenMP is the one that is loaded: it stands beside libtorch under the name that -fopenmp asks for.
target_compile_options(mlopsctl_libtorch INTERFACE -fopenmp)
target_link_options(mlopsctl_libtorch INTERFACE -Wl,--allow-shlib-undefined -Wl,-rpath,${libtorch_lib} -Wl,--disable-new-dtags)
target_link_libraries(mlopsctl_libtorch INTERFACE ${libtorch_lib}/libtorch_cpu.so ${libtorch_lib}/libc10.so)
if(EXISTS ${libtorch_lib}/libgomp.so.1)
  target_link_libraries(mlopsctl_libtorch INTERFACE ${libtorch_lib}/libgomp.so.1)
else()
  target_link_libraries(mlopsctl_libtorch INTERFACE gomp)
endif()
if(EXISTS ${libtorch_lib}/libtorch_cuda.so)  # registers its kernels when it is loaded; nothing of it is called by name
  target_link_libraries(mlopsctl_libtorch INTERFACE -Wl,--no-as-needed ${libtorch_lib}/libtorch_cuda.so ${libtorch_lib}/libc10_cuda.so -Wl,--as-needed)
endif()
