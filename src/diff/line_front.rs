//! How far the search for the shortest way between two texts has come, from one end (Myers 1986).

/// How far the paths from one end have come on each diagonal.
pub struct Front {
    width: isize,
    height: isize,
    limit: isize,
    furthest: Vec<isize>,
    skip_low: isize,
    skip_high: isize,
}

impl Front {
    /// Starts at one end of a graph of a width and a height; no path is longer than the limit.
    pub fn new(width: usize, height: usize, limit: usize) -> Self {
        let mut furthest = vec![-1; 2 * limit + 2];
        furthest[limit + 1] = 0;
        Self {
            width: signed(width),
            height: signed(height),
            limit: signed(limit),
            furthest,
            skip_low: 0,
            skip_high: 0,
        }
    }

    /// Returns the first diagonal of one depth.
    pub const fn first(&self, depth: isize) -> isize {
        -depth + self.skip_low
    }

    /// Returns the next diagonal of one depth; what has just left the graph cuts the walk short.
    pub fn next(&self, depth: isize, next: &mut isize) -> Option<isize> {
        let diagonal = *next;
        *next += 2;
        (diagonal <= depth - self.skip_high).then_some(diagonal)
    }

    fn at(&self, diagonal: isize) -> isize {
        usize::try_from(self.limit + diagonal)
            .ok()
            .and_then(|index| self.furthest.get(index).copied())
            .unwrap_or(-1)
    }

    /// Takes one step on a diagonal and follows equal lines; returns where that ends.
    pub fn advance(
        &mut self,
        depth: isize,
        diagonal: isize,
        is_equal: impl Fn(usize, usize) -> bool,
    ) -> (isize, isize) {
        let (below, above) = (self.at(diagonal - 1), self.at(diagonal + 1));
        let mut x = if diagonal == -depth || (diagonal != depth && below < above) {
            above
        } else {
            below + 1
        };
        let mut y = x - diagonal;
        while x < self.width && y < self.height && is_equal(x.unsigned_abs(), y.unsigned_abs()) {
            x += 1;
            y += 1;
        }
        if let Some(place) = usize::try_from(self.limit + diagonal)
            .ok()
            .and_then(|index| self.furthest.get_mut(index))
        {
            *place = x;
        }
        (x, y)
    }

    /// Says whether a path has left the graph, and then leaves out its diagonal from now on.
    pub const fn leaves(&mut self, x: isize, y: isize) -> bool {
        if x > self.width {
            self.skip_high += 2;
        } else if y > self.height {
            self.skip_low += 2;
        } else {
            return false;
        }
        true
    }

    /// Returns how far the paths have come on a diagonal; `None` where none has been on it.
    pub fn reached(&self, diagonal: isize) -> Option<isize> {
        Some(self.at(diagonal)).filter(|&x| x != -1)
    }
}

/// Returns a length as a number that can be subtracted from.
pub fn signed(length: usize) -> isize {
    isize::try_from(length).unwrap_or(isize::MAX)
}
