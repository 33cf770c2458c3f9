"""The search for the pattern of leaving (D2, D3): attributes ranked by gain, and formulas that add to the model.

Everything here sees rows of the training window alone. What it proposes is judged on customers that the search never
saw before it is shown as found, and on later months by the ordinary training once somebody has adopted it.
"""
