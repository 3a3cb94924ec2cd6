"""Networks: tokenised rows, the student as a function of them, and what is read off it. A library; it imports
no room."""
