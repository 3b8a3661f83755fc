//! Contributions beside the definition of Shapley values, other ways of computing them, and XGBoost's.

mod background;
mod exact;
mod kinds;
mod oracle;
mod random;
mod xgboost;
