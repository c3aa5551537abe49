// SPDX-License-Identifier: BSL-1.0
// What ThreadSanitizer can't know: libstdc++ isn't instrumented, so the count of an exception's owners, which
// a future and its promise share between threads, looks like no synchronization at all.
#if defined(__SANITIZE_THREAD__)

extern "C" const char* __tsan_default_suppressions();  // NOLINT(bugprone-reserved-identifier)

extern "C" const char* __tsan_default_suppressions() {  // NOLINT(bugprone-reserved-identifier)
    return "race:std::__exception_ptr::exception_ptr::_M_release";
}

#endif
