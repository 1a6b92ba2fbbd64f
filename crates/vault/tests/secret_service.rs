//! The Linux keystore against real providers.
