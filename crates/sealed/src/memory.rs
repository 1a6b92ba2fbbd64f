//! Where secrets may be in memory, and what computations leave behind there.

/// More than the deepest computation with a key takes below its caller.
const DEPTH_BYTES: usize = 64 * 1024;

/// Overwrites the part of this thread's stack that finished calls have used.
///
/// Values that wipe themselves do so where they were last; where they were moved from, and in the
/// registers that a cipher spilled, copies stay until something else is written there. Called after a
/// computation with a key, by whoever called it.
#[inline(never)]
pub fn scrub_stack() {
    let mut area = [0_u8; DEPTH_BYTES];
    // Whoever looks at the area could see what is in it, so it is written.
    std::hint::black_box(&mut area);
}

/// Locks the pages that `place` is on, so that it never gets into the swap, as far as the system lets
/// this user: secrets are wiped either way.
///
/// They stay locked, because others on the same page may be secret too; an allocator uses its pages
/// again, so there are never many.
pub fn keep_in_memory<T>(place: &[T]) {
    if !place.is_empty()
        && let Ok(locked) = region::lock(place.as_ptr(), std::mem::size_of_val(place))
    {
        std::mem::forget(locked);
    }
}
