"""What the business says about measurements and weeks: plain values in, plain values out."""
