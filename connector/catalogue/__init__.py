"""What codes and messages mean, and what to do about them."""
