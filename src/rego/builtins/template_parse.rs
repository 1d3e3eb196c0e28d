pub(super) const BUILTINS: &[super::Builtin] = &[];
