//! [`Number`]: the types of numbers that features may have in memory.

use sapwood::data::Chunk;
use std::borrow::Cow;

/// Integers beyond this are not all doubles.
const LARGEST_INTEGER: u64 = 1 << 53;

/// A number that becomes a feature's value.
pub trait Number: Copy + Send + Sync + 'static {
    /// The smallest of `f32` and `f64` that has all of its values.
    type Wide: Wide;

    /// The value in the engine's type.
    fn wide(self) -> Self::Wide;

    /// What is wrong with it as a value of a feature, infinite or not.
    fn fault(self) -> Option<&'static str>;

    /// The values as they are, where they need no conversion.
    fn as_wide(_values: &[Self]) -> Option<&[Self::Wide]> {
        None
    }
}

/// A type of numbers that the engine takes as it is.
pub trait Wide: Copy + Default + Send + Sync + 'static {
    /// The number as a double.
    fn double(self) -> f64;

    /// Values of a feature.
    fn chunk(values: Cow<'_, [Self]>) -> Chunk<'_>;
}

impl Wide for f64 {
    fn double(self) -> f64 {
        self
    }

    fn chunk(values: Cow<'_, [Self]>) -> Chunk<'_> {
        Chunk::F64(values)
    }
}

impl Wide for f32 {
    fn double(self) -> f64 {
        self.into()
    }

    fn chunk(values: Cow<'_, [Self]>) -> Chunk<'_> {
        Chunk::F32(values)
    }
}

const TOO_LARGE: &str = "an integer beyond 2^53, which no double has exactly; make it categorical, or scale it";

macro_rules! float {
    ($type:ty) => {
        impl Number for $type {
            type Wide = $type;
            fn wide(self) -> $type {
                self
            }
            fn fault(self) -> Option<&'static str> {
                None
            }
            fn as_wide(values: &[Self]) -> Option<&[$type]> {
                Some(values)
            }
        }
    };
}

macro_rules! integer {
    ($type:ty, $wide:ty, $fault:expr) => {
        impl Number for $type {
            type Wide = $wide;
            fn wide(self) -> $wide {
                self as $wide
            }
            fn fault(self) -> Option<&'static str> {
                $fault(self)
            }
        }
    };
}

float!(f64);
float!(f32);
integer!(i8, f32, |_| None);
integer!(u8, f32, |_| None);
integer!(i16, f32, |_| None);
integer!(u16, f32, |_| None);
integer!(i32, f64, |_| None);
integer!(u32, f64, |_| None);
integer!(i64, f64, |x: i64| (x.unsigned_abs() > LARGEST_INTEGER).then_some(TOO_LARGE));
integer!(u64, f64, |x: u64| (x > LARGEST_INTEGER).then_some(TOO_LARGE));

impl Number for bool {
    type Wide = f32;
    fn wide(self) -> f32 {
        f32::from(u8::from(self))
    }
    fn fault(self) -> Option<&'static str> {
        None
    }
}
